#include "harness/text/utf8.h"

#include <catch2/catch.hpp>

using namespace fp8bench;

TEST_CASE("every scalar value survives the way to UTF-8 and back, and no surrogate does") {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    std::string text;
    append_utf8(text, value);
    const CodePoint point = code_point_at(text, 0);
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (point.valid == surrogate || is_valid_utf8(text) == surrogate ||
        (!surrogate && (point.value != value || point.bytes != static_cast<int>(text.size()) ||
                        utf8_length(static_cast<unsigned char>(text[0])) != point.bytes)))
      FAIL("U+" << std::hex << static_cast<uint32_t>(value));
  }
}

TEST_CASE("ill-formed UTF-8 is replaced once for each maximal subpart") {
  const auto [bytes, replaced] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"plain text, longer than a word", "plain text, longer than a word"},
      {"\xFF", "\uFFFD"},
      {"a\xC3", "a\uFFFD"},
      {"\xC3(", "\uFFFD("},
      {"\xE2\x82", "\uFFFD"},
      {"\xE2\x82z", "\uFFFDz"},
      {"\xF0\x9F\x98", "\uFFFD"},
      {"\xC0\xAF", "\uFFFD\uFFFD"},
      {"\xED\xB0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},
      {"twelve bytes\xE4\xBD and more text after them", "twelve bytes\uFFFD and more text after them"},
      {"\xF0\x9F\x98\x80\x80", "\U0001F600\uFFFD"},
  }));
  CHECK(replace_invalid_utf8(bytes) == replaced);
  CHECK(is_valid_utf8(bytes) == (bytes == replaced));
}
