// Every verdict of the official checker (bfcl-eval 2026.3.23) that the public data has: goldens/text_and_stats/bfcl.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/bfcl/ast_checker.h"
#include "datasets/bfcl/bfcl_prompt.h"
#include "datasets/bfcl/decode_calls.h"
#include "datasets/eval/python_dump.h"
#include "harness/io/sha256.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using nlohmann::ordered_json;

std::map<std::string, ordered_json> entries(const std::filesystem::path& path) {
  std::map<std::string, ordered_json> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    ordered_json entry = ordered_json::parse(line);
    const std::string id = entry.at("id");
    all.emplace(id, std::move(entry));
  }
  return all;
}

struct Data {
  std::map<std::string, ordered_json> questions, answers;
};

Data data_of(const std::string& category) {
  const auto folder = test::data_path("eval/bfcl");
  Data data;
  data.questions = entries(folder / ("BFCL_v4_" + category + ".json"));
  if (category != "irrelevance") data.answers = entries(folder / "possible_answer" / ("BFCL_v4_" + category + ".json"));
  return data;
}

bool equal(const bfcl::Verdict& verdict, const ordered_json& golden) {
  if (verdict.valid != golden.at("valid").get<bool>()) return false;
  if (verdict.valid) return true;
  if (golden.contains("sub_error_types") &&
      verdict.sub_error_types != golden["sub_error_types"].get<std::vector<std::string>>())
    return false;
  return verdict.error_type == golden.at("error_type").get<std::string>();
}

// SHA-256 of the prompts of a category, json.dumps(messages, ensure_ascii=False) joined by newlines, as bfcl-eval
// 2026.3.23 makes them (system_prompt_pre_processing_chat_model after its remark on the language).
TEST_CASE("bfcl: the system message for models without function calling is the official one") {
  FP8BENCH_REQUIRE_DATA(folder, "eval/bfcl");
  const std::map<std::string, std::string> expected = {
      {"simple_python", "477adfa0ab6cfab7835023cf80779d66ecd7ed095c66aab131d496f3b3dfcd16"},
      {"multiple", "8af7f7a68fc8c282297635f27f109d8cb0ed069048d3b0834810fccbcbf39fa5"},
      {"parallel", "0fcdf6f24fd96b4992f3d445bf780fd9ca3eccecd6507732d191f553d7b7f736"},
      {"irrelevance", "d0350fc64ef6e303cc9e7f12a2f8b6ba9bccfe96fe1072008fce9fa7de505f89"}};
  for (const auto& [category, hash] : expected) {
    INFO(category);
    std::ifstream file(folder / ("BFCL_v4_" + category + ".json"));
    std::string all;
    for (std::string line; std::getline(file, line);) {
      const ordered_json entry = ordered_json::parse(line);
      if (!all.empty()) all += "\n";
      all += python_dumps(bfcl::messages_with_functions(entry.at("question").at(0), entry.at("function")));
    }
    CHECK(sha256_hex(all) == hash);
  }
}

TEST_CASE("bfcl: an own system message stays behind the functions, other scripts are escaped") {
  const auto messages =
      ordered_json::parse(R"([{"role": "system", "content": "Own."}, {"role": "user", "content": "Hi \u00e9"}])");
  const auto functions = ordered_json::parse(
      R"([{"name": "f", "description": "\u00e9 \ud83d\ude00", "parameters": {"type": "dict", "properties": {}}}])");
  const auto out = bfcl::messages_with_functions(messages, functions);
  REQUIRE(out.size() == 2);
  const std::string system = out[0].at("content");
  CHECK_THAT(system,
             Catch::EndsWith("\n]\n\n\nOwn.") && Catch::Contains(R"("description": "\u00e9 \ud83d\ude00 Note that)"));
  CHECK(out[1] == messages[1]);
}

TEST_CASE("bfcl: verdicts and error types on parsed calls and on text are the official checker's") {
  FP8BENCH_REQUIRE_DATA(goldens, "goldens/text_and_stats/bfcl/verdicts.jsonl");
  FP8BENCH_REQUIRE_DATA(folder, "eval/bfcl");
  std::map<std::string, Data> data;
  for (const char* category : {"simple_python", "multiple", "parallel", "irrelevance"})
    data[category] = data_of(category);

  int parsed = 0, texts = 0, renamed = 0;
  std::ifstream file(goldens);
  for (std::string line; std::getline(file, line);) {
    const ordered_json golden = ordered_json::parse(line);
    if (golden.contains("header")) continue;
    const std::string category = golden.at("category"), id = golden.at("id");
    const ordered_json& functions = data[category].questions.at(id).at("function");
    const ordered_json answers =
        category == "irrelevance" ? ordered_json() : data[category].answers.at(id).at("ground_truth");
    for (const ordered_json& one : golden.at("cases")) {
      INFO(id << " " << one.dump());
      const auto calls = python::from_json(one.at("output"));
      CHECK(equal(bfcl::check_calls(category, functions, calls, answers), one));
      if (one.contains("if_underscore_to_dot")) {
        bfcl::CheckOptions options;
        options.underscore_to_dot = true;
        CHECK(equal(bfcl::check_calls(category, functions, calls, answers, options), one["if_underscore_to_dot"]));
        ++renamed;
      }
      ++parsed;
    }
    for (const ordered_json& one : golden.at("raw_text_cases")) {
      INFO(id << " " << one.dump());
      const std::string text = one.at("text");
      CHECK(equal(bfcl::check_text(category, functions, text, answers), one));
      if (one.contains("decoded")) {
        const auto calls = bfcl::decode_calls(text);
        REQUIRE(calls);
        CHECK(ordered_json::parse(python::to_json(*calls).dump()) == one["decoded"]);
      }
      ++texts;
    }
  }
  CHECK(parsed == 872);
  CHECK(texts == 440);
  CHECK(renamed > 0);
}

// One accepted value of each argument; the first or the last, and without those that may be left out.
ordered_json built(const ordered_json& value, bool last);

std::pair<bool, ordered_json> picked(const ordered_json& accepted, bool last) {
  std::vector<ordered_json> values;
  for (const ordered_json& value : accepted)
    if (value != "") values.push_back(value);
  if (values.empty()) return {false, nullptr};
  return {true, built(last ? values.back() : values.front(), last)};
}

ordered_json built(const ordered_json& value, bool last) {
  if (value.is_object()) {
    ordered_json out = ordered_json::object();
    for (const auto& [key, accepted] : value.items()) {
      const auto [found, one] = picked(accepted, last);
      bool has_null = false;
      for (const ordered_json& item : accepted) has_null = has_null || item.is_null();
      if ((found && !one.is_null()) || has_null) out[key] = one;
    }
    return out;
  }
  if (!value.is_array()) return value;
  ordered_json out = ordered_json::array();
  for (const ordered_json& item : value) out.push_back(item.is_object() ? built(item, last) : item);
  return out;
}

ordered_json correct_calls(const ordered_json& answers, bool last, bool omit) {
  ordered_json calls = ordered_json::array();
  for (const ordered_json& answer : answers) {
    const std::string name = answer.begin().key();
    const ordered_json& arguments = answer.begin().value();
    ordered_json own = ordered_json::object();
    for (const auto& [key, accepted] : arguments.items()) {
      bool optional = false;
      for (const ordered_json& value : accepted) optional = optional || value == "";
      if (omit && optional) continue;
      const auto [found, value] = picked(accepted, last);
      if (found && !value.is_null()) own[key] = value;
    }
    calls.push_back({{name, own}});
  }
  return calls;
}

TEST_CASE("bfcl: of all outputs built of accepted values only the known ones fail") {
  FP8BENCH_REQUIRE_DATA(goldens, "goldens/text_and_stats/bfcl/accepted_values_that_fail.json");
  FP8BENCH_REQUIRE_DATA(folder, "eval/bfcl");
  std::map<std::string, std::string> expected, found;
  for (const ordered_json& one : ordered_json::parse(std::ifstream(goldens)))
    expected[one["id"].get<std::string>() + " " + one["variant"].get<std::string>()] = one["error_type"];
  int checked = 0;
  for (const char* category : {"simple_python", "multiple", "parallel", "parallel_multiple"}) {
    const Data data = data_of(category);
    for (const auto& [id, answer] : data.answers) {
      for (const char* variant : {"first", "last", "omit"}) {
        const auto calls =
            correct_calls(answer.at("ground_truth"), std::string(variant) == "last", std::string(variant) == "omit");
        const auto verdict = bfcl::check_calls(category, data.questions.at(id).at("function"), python::from_json(calls),
                                               answer.at("ground_truth"));
        if (!verdict.valid) found[id + " " + variant] = verdict.error_type;
        ++checked;
      }
    }
  }
  CHECK(checked == 3 * 1000);
  CHECK(found == expected);
}

}  // namespace
}  // namespace fp8bench
