#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "datasets/bfcl/ast_checker.h"
#include "datasets/bfcl/decode_calls.h"
#include "datasets/bfcl/value_checker.h"

namespace fp8bench {
namespace {

using nlohmann::ordered_json;
using python::Value;

// What the official decoder (bfcl-eval 2026.3.23, Python 3.11) gives, as Python's repr; "-": it raises.
std::string decoded(std::string_view text) {
  const auto calls = bfcl::decode_calls(text);
  return calls ? python::repr(*calls) : "-";
}

TEST_CASE("calls in text are read as the official decoder reads them") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"[f(a=1), g.h(b='x')]", "[{'f': {'a': 1}}, {'g.h': {'b': 'x'}}]"},
      {"f(a=-1.5, b=True, c=None)", "[{'f': {'a': -1.5, 'b': True, 'c': None}}]"},
      {"```\n[f(a=[1, {'k': (2, 3)}])]\n```", "[{'f': {'a': [1, {'k': (2, 3)}]}}]"},
      {"Sure! [f(a=1)]", "-"},
      {"```python\n[f(a=1)]\n```", "-"},
      {"[f(1, a=2)]", "[{'f': {'a': 2}}]"},
      {"[f(a='it' \" s\", b=r'\\d', c=b'x')]", "[{'f': {'a': 'it s', 'b': '\\\\d', 'c': b'x'}}]"},
      {"[f(a=x, b=g(1, 2), c=g(k=1), d=y[0])]",
       "[{'f': {'a': 'x', 'b': 'g(1, 2)', 'c': {'g': {'k': 1}}, 'd': 'y[0]'}}]"},
      {"[f(a=2*3, b=1/4, c=2**-1, d=7//-2, e='a'+'b')]", "[{'f': {'a': 6, 'b': 0.25, 'c': 0.5, 'd': -4, 'e': 'ab'}}]"},
      {"[f(a=~5, b=+1, c=not True)]", "[{'f': {'a': -5, 'b': -1, 'c': -1}}]"},  // every sign is a minus to it
      {"[f(a=- -1)]", "-"},
      {"[f(a=Color.RED)]", "-"},
      {"[f(a={1, 2})]", "-"},
      {"[f(a=1 < 2)]", "-"},
      {"[f(class=1)]", "-"},
      {"[f(a=1, 2)]", "-"},
      {"[f(a=012)]", "-"},
      {"[f(a=0x1F, b=1_000, c=1e3, d=...)]", "[{'f': {'a': 31, 'b': 1000, 'c': 1000.0, 'd': '...'}}]"},
      {"[f(**k)]", "[{'f': {None: 'k'}}]"},
      {"[f(a=1, a=2)]", "[{'f': {'a': 2}}]"},
      {"[f(a={'x': 1, 'x': 2})]", "[{'f': {'a': {'x': 2}}}]"},
      {"[f(a={[]: 1})]", "-"},
      {"[f(\xef\xac\x81=1)]", "[{'f': {'fi': 1}}]"},  // names are normalised
      {"", "[]"},
      {"[]", "[]"},
      {"[f", "-"},
      {"42", "-"},
      {"print(\"hi\")", "[{'print': {}}]"},
      {"[f(a=1)]\n[g(b=2)]", "-"},
      {"[f(a=1), # first\n g(b=2)]", "[{'f': {'a': 1}}, {'g': {'b': 2}}]"},
      {"[f(a=100000000000000000000, b=1e16, c=1e-5)]", "[{'f': {'a': 100000000000000000000, 'b': 1e+16, 'c': 1e-05}}]"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(decoded(text) == expected);
  }
}

const ordered_json kFunctions =
    ordered_json::parse(R"([{"name": "a.f", "parameters": {"type": "dict", "required": ["n"],
  "properties": {"n": {"type": "integer"}, "x": {"type": "float"}, "s": {"type": "string"}, "b": {"type": "boolean"},
    "l": {"type": "array", "items": {"type": "string"}}, "m": {"type": "array", "items": {"type": "integer"}},
    "t": {"type": "tuple", "items": {"type": "integer"}}, "d": {"type": "dict"},
    "o": {"type": "array", "items": {"type": "dict"}}, "q": {"type": "number"}}}}])");
const ordered_json kAnswers = ordered_json::parse(R"([{"a.f": {"n": [1], "x": [2.0, ""], "s": ["New York, NY", ""],
  "b": [true, ""], "l": [["a", "b"], ""], "m": [[1, 2], ""], "t": [[1, 2], ""], "d": [{"k": [1, 2], "z": ["v", ""]}, ""],
  "o": [[{"k": [1]}, {"k": [2]}], ""], "q": [1, ""]}}])");

std::string error(const std::string& arguments, const bfcl::CheckOptions& options = {}) {
  const auto verdict = bfcl::check_text("simple_python", kFunctions, "a.f(" + arguments + ")", kAnswers, options);
  return verdict.valid ? "" : verdict.error_type;
}

TEST_CASE("types and values of arguments") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"n=1", ""},
      {"n=1.0", "type_error:simple"},
      {"n=True", "type_error:simple"},
      {"n='1'", "type_error:simple"},
      {"n=2", "value_error:others"},
      {"", "simple_function_checker:missing_required"},
      {"n=1, y=1", "simple_function_checker:unexpected_param"},
      {"n=1, x=2", ""},
      {"n=1, x=2.5", "value_error:others"},
      {"n=1, s='new-york NY.'", ""},
      {"n=1, s='York'", "value_error:string"},
      {"n=1, b=False", "value_error:others"},
      {"n=1, b=1", "type_error:simple"},
      {"n=1, l=['A', 'b ']", ""},
      {"n=1, l=['b', 'a']", "value_error:list/tuple"},
      {"n=1, l=[1, 'b']", "value_error:list/tuple"},  // an accepted "" lets items of any type by
      {"n=1, l=[]", ""},                              // an accepted "" is a list of no characters to it
      {"n=1, m=[1.0, 2]", ""},
      {"n=1, m=(1, 2)", "type_error:simple"},
      {"n=1, t=(1, 2)", ""},
      {"n=1, d={'k': 2}", ""},
      {"n=1, d={'k': 2.0}", ""},
      {"n=1, d={'k': 3}", "value_error:dict_value"},
      {"n=1, d={'k': 1, 'y': 1}", "value_error:dict_key"},
      {"n=1, d={}", "value_error:dict_key"},
      {"n=1, o=[{'k': 1}, {'k': 2}]", ""},
      {"n=1, o=[{'k': 2}, {'k': 1}]", "value_error:list_dict_count"},  // "" is the last alternative
      {"n=1, o=[{'k': 1}]", "value_error:list_dict_count"},
      {"n=1, q=1", "exception:KeyError"},  // "number" is no type of the official table
  };
  for (const auto& [arguments, expected] : cases) {
    INFO(arguments);
    CHECK(error(arguments) == expected);
  }
}

TEST_CASE("items of a list have the type of its schema") {
  const auto schema = python::from_json(ordered_json::parse(R"({"type": "array", "items": {"type": "integer"}})"));
  const auto accepted = python::from_json(ordered_json::parse("[[1, 2]]"));
  const auto check = [&](const char* json) {
    return bfcl::argument_error(schema, python::from_json(ordered_json::parse(json)), accepted);
  };
  CHECK(check("[1, 2]").empty());
  CHECK(check("[1.0, 2]") == "type_error:nested");
  CHECK(check("[2, 1]") == "value_error:list/tuple");
  CHECK(check("\"[1, 2]\"") == "type_error:simple");
  const auto no_items = python::from_json(ordered_json::parse(R"({"type": "array"})"));
  CHECK_THROWS_AS(bfcl::argument_error(no_items, accepted, accepted), bfcl::CheckerRaises);
}

TEST_CASE("names, counts and texts that are no calls") {
  const auto verdict = [](const char* category, const char* text, bool dots = false) {
    bfcl::CheckOptions options;
    options.underscore_to_dot = dots;
    const auto found = bfcl::check_text(category, kFunctions, text, kAnswers, options);
    return found.valid ? std::string() : found.error_type;
  };
  CHECK(verdict("simple_python", "[a.f(n=1)]").empty());
  CHECK(verdict("simple_python", "[a_f(n=1)]") == "simple_function_checker:wrong_func_name");
  CHECK(verdict("simple_python", "[a_f(n=1)]", true).empty());
  CHECK(verdict("simple_python", "[a.f(n=1), a.f(n=1)]") == "simple_function_checker:wrong_count");
  CHECK(verdict("multiple", "[]") == "multiple_function_checker:wrong_count");
  CHECK(verdict("parallel", "[a.f(n=1), a.f(n=1)]") == "parallel_function_checker_no_order:wrong_count");
  CHECK(verdict("parallel", "[a.f(n=2)]") == "parallel_function_checker_no_order:cannot_find_match");
  CHECK(verdict("simple_python", "I would call a.f") == "ast_decoder:decoder_failed");
  CHECK(verdict("irrelevance", "I cannot do that.").empty());
  CHECK(verdict("irrelevance", "[]").empty());
  CHECK(verdict("irrelevance", "print(1)") == "irrelevance_error:decoder_success");
  // calls that came through the harness's parser, and outputs that have not the form of calls
  const auto calls = bfcl::from_tool_calls(ordered_json::parse(R"([{"name": "a.f", "arguments": {"n": 1}}])"));
  CHECK(bfcl::check_calls("simple_python", kFunctions, calls, kAnswers).valid);
  const auto strange = python::from_json(ordered_json::parse(R"([{"a.f": {"n": 1}, "g": {}}])"));
  CHECK(bfcl::check_calls("simple_python", kFunctions, strange, kAnswers).error_type ==
        "ast_decoder:decoder_wrong_output_format");
}

TEST_CASE("parallel calls may come in any order, and each answers one question") {
  const auto functions = ordered_json::parse(
      R"([{"name": "f", "parameters": {"required": ["n"], "properties": {"n": {"type": "integer"}}}}])");
  const auto answers = ordered_json::parse(R"([{"f": {"n": [1]}}, {"f": {"n": [2]}}])");
  CHECK(bfcl::check_text("parallel", functions, "[f(n=2), f(n=1)]", answers).valid);
  const auto twice = bfcl::check_text("parallel", functions, "[f(n=1), f(n=1)]", answers);
  CHECK_FALSE(twice.valid);
  CHECK(twice.sub_error_types == std::vector<std::string>{"value_error:others"});
}

TEST_CASE("equality is Python's, types are not mixed up") {
  const auto value = [](const char* json) { return python::from_json(ordered_json::parse(json)); };
  CHECK(value("1") == value("1.0"));
  CHECK(value("1") == value("true"));
  CHECK(value("9007199254740993") != value("9007199254740992.0"));
  CHECK(value("[1, 2]") == value("[1.0, 2.0]"));
  CHECK(value(R"({"a": 1, "b": 2})") == value(R"({"b": 2, "a": 1})"));
  CHECK(value("0") == value("-0.0"));
  CHECK(value("\"1\"") != value("1"));
  CHECK(value("1.0").is(Value::Type::kFloat));
  CHECK(value("1").is(Value::Type::kInt));
}

TEST_CASE("any bytes are decoded in bounded time") {
  std::mt19937 random(11);
  const std::string_view letters = "f(a=1,[]{}'\"\\:.*-+ \n#x0eN\xc3\xa9\xff";
  const auto begin = std::chrono::steady_clock::now();
  int calls = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    const auto found = bfcl::decode_calls(text);
    if (found) CHECK(bfcl::is_call_list(*found));
    calls += found.has_value();
  }
  CHECK(calls > 0);
  for (const char* piece :
       {"[",        "(",  "{", "f(a=", "-",  "not ",    "1+", "1**",      "{1:", "x.", "x[", "'", "a if b else ",
        "lambda: ", "f(", "*", "9",    "0x", "[x for ", "\\", "f(a=1), ", "2**"}) {
    std::string text;
    while (text.size() < 20000) text += piece;
    bfcl::decode_calls(text);
    bfcl::decode_calls("f(a=" + text + ")");
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

}  // namespace
}  // namespace fp8bench
