// The text rules of lm-eval on the inputs that set them apart; expected values from lm-eval 0.4.13 on CPython 3.11.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "datasets/eval/data_files.h"
#include "datasets/eval/figures.h"
#include "datasets/eval/item_metrics.h"
#include "datasets/eval/python_dump.h"
#include "datasets/eval/python_text.h"
#include "datasets/eval/text_filters.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::ordered_json;

TEST_CASE("the number of an answer is extracted strictly and flexibly") {
  const TextRegex strict(R"(#### (\-?[0-9\.\,]+))"), flexible(R"((-?[$0-9.,]{2,})|(-?[0-9]+))");
  const std::vector<std::array<const char*, 3>> cases = {{"#### 12 #### 13", "12", "13"},
                                                         {"#### -1,234.5.", "-1,234.5.", "-1,234.5."},
                                                         {"a 7", "[invalid]", "7"},
                                                         {"a 7.", "[invalid]", "7."},
                                                         {"..", "[invalid]", ".."},
                                                         {"$1,000 and -5", "[invalid]", "-5"},
                                                         {", ,", "[invalid]", "[invalid]"},
                                                         {"", "[invalid]", "[invalid]"},
                                                         {"#### \u0663", "[invalid]", "[invalid]"},
                                                         {"x#### 5\n#### 6", "5", "6"}};
  for (const auto& [text, first, last] : cases) {
    INFO(text);
    CHECK(extract_match(strict, false, text) == first);
    CHECK(extract_match(flexible, true, text) == last);
  }
  CHECK_THROWS_AS(TextRegex("("), std::invalid_argument);
  CHECK(TextRegex("x*").remove_all("axxbé") == "abé");  // empty matches take nothing away
  CHECK(TextRegex("x*").find_all("é").size() == 2);
}

TEST_CASE("exact match forgives what it is told to and nothing else") {
  ExactMatch gsm8k, punctuation;
  for (const char* pattern : {",", "\\$", "(?s).*#### ", "\\.$"}) gsm8k.ignore.emplace_back(pattern);
  gsm8k.ignore_case = punctuation.ignore_punctuation = true;
  struct Case {
    const char *prediction, *reference;
    bool gsm8k, punctuation;
  };
  for (const Case& c : std::vector<Case>{{"18", "a\n#### 18", true, false},
                                         {"18.", "#### 1,8", true, false},
                                         {"$18", "18", true, true},
                                         {"18.\n", "18\n", true, true},
                                         {"18.0", "18", false, false},
                                         {"[invalid]", "#### [INVALID]", true, false},
                                         {"ΑΣ", "ας", true, false},
                                         {"İ", "i̇", false, false},
                                         {"#### 3 #### 4", "4", true, false},
                                         {"a,b", "ab", true, true},
                                         {"1.", "1", true, true}}) {
    INFO(c.prediction << " and " << c.reference);
    CHECK(exact_match(gsm8k, c.prediction, c.reference) == c.gsm8k);
    CHECK(exact_match(punctuation, c.prediction, c.reference) == c.punctuation);
  }
}

TEST_CASE("strings are taken apart and put together as Python does") {
  const std::vector<std::pair<const char*, const char*>> capitalized = {
      {"ǆ one", "ǅ one"}, {"ﬁne É", "Fine é"}, {"ß", "Ss"},  {"İs ΣΑΣ", "İs σας"}, {"éLAN", "Élan"},
      {"", ""},           {"ΑΣ", "Ας"},        {"aΣ", "Aς"}, {"Σ", "Σ"},           {"1A", "1a"}};
  for (const auto& [text, expected] : capitalized) CHECK(python_capitalize(text) == expected);
  CHECK(python_lower("İs ΣΑΣ") == "i̇s σας");
  CHECK(python_strip("\u2003\x1c a\u200bb \u0085\n") == "a\u200bb");  // a zero-width space is no space
  CHECK(python_strip(" \t") == "");
  CHECK(python_len("é\U0001F600") == 2);
  CHECK(count_whitespace_pieces("") == 1);
  CHECK(count_whitespace_pieces(" a \u00a0b") == 3);
  CHECK(python_split("a,,b", ",") == std::vector<std::string>{"a", "", "b"});
  CHECK(universal_newlines("a\r\nb\rc\n") == "a\nb\nc\n");
}

TEST_CASE("values are printed as json.dumps and str print them") {
  CHECK(
      python_dumps(Json::parse(R"({"a": [], "b": {}, "c": [1, "é\u0001\"\\/\n"], "d": null, "e": [true, 1e16]})"), 2) ==
      "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    \"é\\u0001\\\"\\\\/\\n\"\n  ],\n  \"d\": null,\n"
      "  \"e\": [\n    true,\n    1e+16\n  ]\n}");
  CHECK(python_dumps(Json::parse(R"({"a": [1, 2.0], "b": "x"})")) == R"({"a": [1, 2.0], "b": "x"})");
  CHECK(python_str(Json::parse(R"([1, "a", "it's", "q\"", "b\n\u001f\u00a0é", null, true, 1.5, {"k": "v"}])")) ==
        R"([1, 'a', "it's", 'q"', 'b\n\x1f\xa0é', None, True, 1.5, {'k': 'v'}])");
  CHECK(python_str("plain 'text'") == "plain 'text'");
  const std::vector<std::pair<double, const char*>> floats = {{1e16, "1e+16"},
                                                              {1e-5, "1e-05"},
                                                              {0.0001, "0.0001"},
                                                              {123456789.123, "123456789.123"},
                                                              {-0.0, "-0.0"},
                                                              {5e-324, "5e-324"},
                                                              {100.0, "100.0"},
                                                              {1.0 / 3, "0.3333333333333333"},
                                                              {1e15, "1000000000000000.0"}};
  for (const auto& [value, text] : floats) CHECK(python_float_text(value) == text);
}

TEST_CASE("figures and their errors have lm-eval's bits") {
  const std::vector<double> nats = {-1.5, -2.25, -0.125, -7.0, -3.5}, hits = {0, 1, 1, 0, 1};
  CHECK(bootstrap_perplexity_error(nats, 3000) == 54.185461615961295);
  CHECK(mean_standard_error(hits) == 0.24494897427831783);
  const std::vector<double> errors = {.1, .2, .05}, means = {.5, .25, 1.};
  const std::vector<int64_t> sizes = {10, 20, 7};
  CHECK(pooled_standard_error(errors, sizes) == 0.11349695162697919);
  CHECK(group_mean(means, sizes) == 0.4594594594594595);
  CHECK(std::isnan(mean_standard_error(std::vector<double>{1.0})));
}

TEST_CASE("the choice is made per item, per character and per byte, and the first of equals wins") {
  // Per character the second is best (-4/4), per byte the third (-4/8 against -4/4).
  const std::vector<std::string> choices = {"ab", "abcd", "éééé"};
  const std::vector<Response> responses = {{-3, false, "", 0}, {-4, true, "", 0}, {-4, false, "", 0}};
  CHECK(choice_metrics(choices, responses, 0).dump() ==
        R"({"acc":1.0,"acc_norm":0.0,"acc_bytes":0.0,"exact_match":0})");
  CHECK(choice_metrics(choices, responses, 1).dump() ==
        R"({"acc":0.0,"acc_norm":1.0,"acc_bytes":0.0,"exact_match":1})");
  CHECK(choice_metrics(choices, responses, 2).dump() ==
        R"({"acc":0.0,"acc_norm":0.0,"acc_bytes":1.0,"exact_match":0})");
  CHECK(first_argmax(std::vector<double>{-1, std::nan(""), 5}) == 1);  // as numpy
}

class TextFile {
 public:
  TextFile(const std::string& name, const std::string& text) : path_(std::filesystem::temp_directory_path() / name) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("CSV files are read as csv.reader reads them") {
  const TextFile file("fp8bench_rows.csv", "a,\"b \"\"q\"\", c\",\"line\r\ntwo\"\r\n,x\"y\",\n\"\"z,\"\"\n");
  CHECK(read_csv(file.path()) ==
        std::vector<std::vector<std::string>>{{"a", "b \"q\", c", "line\ntwo"}, {"", "x\"y\"", ""}, {"z", ""}});
  const TextFile open("fp8bench_open.csv", "a\n\"b\n"), blank("fp8bench_blank.csv", "a\n\nb\n");
  CHECK_THROWS_WITH(read_csv(open.path()), Contains("fp8bench_open.csv:3: expected a closing quote"));
  CHECK_THROWS_WITH(read_csv(blank.path()), Contains("fp8bench_blank.csv:2: expected fields"));
}

}  // namespace
}  // namespace fp8bench
