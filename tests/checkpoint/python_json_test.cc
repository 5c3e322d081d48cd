// Expected texts were printed by Python 3.11: json.dumps(json.loads(text), indent=2, sort_keys=True).
#include "harness/checkpoint/python_json.h"

#include <catch2/catch.hpp>

#include "harness/io/error.h"

using namespace fp8bench;

namespace {
std::string again(const std::string& text) { return dump_python_json(parse_python_json(text, "test")); }
}  // namespace

TEST_CASE("floats print as Python's repr") {
  const std::pair<double, const char*> cases[] = {{1e-06, "1e-06"},
                                                  {0.0001, "0.0001"},
                                                  {0.00001, "1e-05"},
                                                  {1e16, "1e+16"},
                                                  {1e15, "1000000000000000.0"},
                                                  {-0.0, "-0.0"},
                                                  {0.0, "0.0"},
                                                  {1.0, "1.0"},
                                                  {0.1, "0.1"},
                                                  {1e22, "1e+22"},
                                                  {1.5e300, "1.5e+300"},
                                                  {5e-324, "5e-324"},
                                                  {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {123456.789, "123456.789"},
                                                  {9007199254740993.0, "9007199254740992.0"},
                                                  {0.30000000000000004, "0.30000000000000004"},
                                                  {1234567890123456789.0, "1.2345678901234568e+18"},
                                                  {-2.5, "-2.5"},
                                                  {100.0, "100.0"},
                                                  {0.02, "0.02"}};
  for (const auto& [value, text] : cases) CHECK(python_float_repr(value) == text);
}

TEST_CASE("numbers keep Python's types and digits") {
  CHECK(again("[1, -0, 0, 1.0, 1E5, 1e400, -1e400, 123456789012345678901234567890, 1e-400]") ==
        "[\n  1,\n  0,\n  0,\n  1.0,\n  100000.0,\n  Infinity,\n  -Infinity,\n  123456789012345678901234567890,\n  "
        "0.0\n]");
  CHECK(again("[NaN, Infinity, -Infinity]") == "[\n  NaN,\n  Infinity,\n  -Infinity\n]");
}

TEST_CASE("keys are sorted by code point and the last of a repeated key wins") {
  CHECK(again(R"({"b": 1, "a": {}, "B": [], "b": 2})") == "{\n  \"B\": [],\n  \"a\": {},\n  \"b\": 2\n}");
  // U+E000 sorts before U+10000, although UTF-16 would have it the other way round.
  CHECK(again("{\"\xF0\x90\x80\x80\": 1, \"\xEE\x80\x80\": 2}") == "{\n  \"\\ue000\": 2,\n  \"\\ud800\\udc00\": 1\n}");
}

TEST_CASE("strings are escaped to ASCII") {
  CHECK(again(R"("caf\u00e9 \u2603 \"q\" \/ \\ \n\t\r\b\f \u0001 \u007f")") ==
        R"("caf\u00e9 \u2603 \"q\" / \\ \n\t\r\b\f \u0001 \u007f")");
  CHECK(again("\"\xF0\x9F\x98\x80\"") == R"("\ud83d\ude00")");
  CHECK(again(R"("\ud83d\ude00")") == R"("\ud83d\ude00")");
  CHECK(again(R"("\ud83d x \ude00")") == R"("\ud83d x \ude00")");  // lone surrogates survive
  CHECK(again(R"("\ud83d\u0041")") == R"("\ud83dA")");
}

TEST_CASE("what Python refuses is refused with the byte offset") {
  for (const char* text : {"",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "01",
                           "1.",
                           "+1",
                           ".5",
                           "1e",
                           "'a'",
                           "\"\n\"",
                           "\"\\x\"",
                           "\"\\u12G4\"",
                           "nul",
                           "[1] 2",
                           "{1: 2}",
                           "\"\xC3\"",
                           "\"\xC0\x80\"",
                           "\"\xED\xA0\x80\"",
                           "\xEF\xBB\xBF{}",
                           "\"abc"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_python_json(text, "test"), InputError);
  }
  CHECK_THROWS_WITH(parse_python_json("[1, x]", "config.json"),
                    "config.json: JSON error at byte 4: expected a value, found byte 0x78");
  CHECK_THROWS_AS(parse_python_json(std::string(100000, '['), "deep"), InputError);
}
