// The tasks whose answers are checked by rules: ifeval and bfcl_*.
#include <catch2/catch.hpp>
#include <cmath>

#include "datasets/bfcl/bfcl_tools.h"
#include "datasets/eval/eval_tasks.h"
#include "datasets/task.h"
#include "tests/datasets/data_folder.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

using test::DataFolder;

std::unique_ptr<EvalTask> task(const char* name) {
  const EvalTaskInfo* info = find_eval_task(name);
  REQUIRE(info != nullptr);
  return info->make(*info);
}

EvalSample scored(const EvalTask& one, const EvalDocument& document, const std::string& text, const Json& calls = {}) {
  Response response;
  response.text = text;
  response.tool_calls = calls;
  return one.score(document, std::span(&response, 1)).at(0);
}

double figure(const std::vector<EvalFigure>& figures, const std::string& metric) {
  for (const EvalFigure& one : figures)
    if (one.metric == metric) return one.value;
  return -1;
}

constexpr const char* kPrompts =
    R"({"key": 7, "prompt": "Say it.", "instruction_id_list": ["punctuation:no_comma", "startend:end_checker"], "kwargs": [{}, {"end_phrase": "end"}]}
{"key": 8, "prompt": "SHOUT", "instruction_id_list": ["change_case:english_capital"], "kwargs": [{}]}
)";

TEST_CASE("ifeval: documents, samples and figures in lm-eval's form") {
  const DataFolder folder("fp8bench_ifeval_task");
  folder.put("eval/ifeval/input_data.jsonl", kPrompts);
  const auto ifeval = task("ifeval");
  const auto documents = ifeval->documents({folder.string(), -1, -1, 1234});
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].doc.at("kwargs").dump() == R"([{"end_phrase":null},{"end_phrase":"end"}])");
  CHECK(documents[0].requests[0].context == "Say it.");
  CHECK(documents[0].requests[0].max_tokens == 1280);
  CHECK(documents[0].requests[0].settings.dump() ==
        R"({"until":[],"do_sample":false,"temperature":0.0,"max_gen_toks":1280})");
  CHECK(documents[0].target == 0);

  const std::vector<std::vector<EvalSample>> samples = {{scored(*ifeval, documents[0], "Oh, well\nThe end")},
                                                        {scored(*ifeval, documents[1], "ALL CAPITAL")}};
  const Json& first = samples[0][0].logged;
  CHECK(first.at("prompt_level_strict_acc") == false);
  CHECK(first.at("inst_level_strict_acc").dump() == "[false,true]");
  CHECK(first.at("prompt_level_loose_acc") == true);
  CHECK(first.at("inst_level_loose_acc").dump() == "[true,true]");
  const Json& second = samples[1][0].logged;
  CHECK(second.at("prompt_level_strict_acc").is_null());
  CHECK(second.at("undecided_strict").dump() == R"(["needs langdetect"])");

  const auto figures = ifeval->figures(documents, samples);
  CHECK(figure(figures, "prompt_level_strict_acc") == 0);
  CHECK(figure(figures, "inst_level_strict_acc") == 0.5);
  CHECK(figure(figures, "prompt_level_loose_acc") == 1);
  CHECK(figure(figures, "inst_level_loose_acc") == 1);
  CHECK(figure(figures, "prompt_level_strict_undecided") == 1);
  CHECK(figure(figures, "inst_level_loose_undecided") == 1);
}

TEST_CASE("ifeval: a record that is not what it should be is named with its line") {
  const DataFolder folder("fp8bench_ifeval_bad");
  const auto refusal = [&](const std::string& text) {
    folder.put("eval/ifeval/input_data.jsonl", text);
    try {
      task("ifeval")->documents({folder.string(), -1, -1, 1234});
    } catch (const DatasetError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  std::string text = kPrompts;
  CHECK(refusal(text) == "accepted");
  CHECK_THAT(refusal(text.replace(text.find("change_case"), 11, "chance_case")),
             Catch::Contains("input_data.jsonl:2") && Catch::Contains("chance_case:english_capital"));
  CHECK_THAT(refusal(R"({"key": 1, "prompt": "x", "instruction_id_list": ["punctuation:no_comma"], "kwargs": []})"),
             Catch::Contains(":1: expected one entry"));
  CHECK_THAT(refusal(R"({"key": 1})"), Catch::Contains("expected key, prompt"));
}

constexpr const char* kQuestion =
    R"({"id": "simple_python_0", "question": [[{"role": "user", "content": "Add."}]], "function": [{"name": "m.add", "description": "Adds.", "parameters": {"type": "dict", "properties": {"a": {"type": "integer", "description": "One."}, "x": {"type": "float", "description": "Two."}, "l": {"type": "tuple", "items": {"type": "float"}}}, "required": ["a"]}}]}
)";

TEST_CASE("bfcl: a chat with tools, calls in the model's format or as Python text") {
  const DataFolder folder("fp8bench_bfcl_task");
  folder.put("eval/bfcl/BFCL_v4_simple_python.json", kQuestion);
  folder.put("eval/bfcl/possible_answer/BFCL_v4_simple_python.json",
             R"({"id": "simple_python_0", "ground_truth": [{"m.add": {"a": [1], "x": [2.5, ""]}}]})"
             "\n");
  const auto simple = task("bfcl_simple_python");
  const auto documents = simple->documents({folder.string(), -1, -1, 1234});
  REQUIRE(documents.size() == 1);
  const Request& request = documents[0].requests[0];
  CHECK(request.messages.dump() == R"([{"role":"user","content":"Add."}])");
  CHECK(request.tools.at(0).at("function").at("parameters").dump() ==
        R"({"type":"object","properties":{"a":{"type":"integer","description":"One."},)"
        R"("x":{"type":"number","description":"Two. This is a float type value.","format":"float"},)"
        R"("l":{"type":"array","items":{"type":"number"}}},"required":["a"]})");

  const auto right = scored(*simple, documents[0], "[m.add(a=1)]");
  CHECK(right.logged.at("acc") == 1.0);
  const Json calls = Json::parse(R"([{"name": "m.add", "arguments": {"a": 1, "x": 2.5}}])");
  CHECK(scored(*simple, documents[0], "", calls).logged.at("acc") == 1.0);
  const auto wrong = scored(*simple, documents[0], "I add them.");
  CHECK(wrong.logged.at("acc") == 0.0);
  CHECK(wrong.logged.at("error_type") == "ast_decoder:decoder_failed");
  const std::vector<std::vector<EvalSample>> samples = {{right}, {wrong}};
  CHECK(figure(simple->figures(documents, samples), "acc") == 0.5);

  // Rendered where there is a template; the functions go to it, or into a system message where it shows none.
  EvalOptions options{folder.string(), -1, -1, 1234, {}};
  options.chat.system = "Be brief.";
  options.chat.render = [](const Json& chat, const Json& tools) { return chat.dump() + tools.dump(); };
  const Request by_template = simple->documents(options)[0].requests[0];
  CHECK_THAT(by_template.context, Catch::StartsWith(R"([{"role":"system","content":"Be brief."},{"role":"user")") &&
                                      Catch::Contains(R"("name":"m.add")"));
  options.chat.tools_in_system_message = [] { return true; };
  const Request by_message = simple->documents(options)[0].requests[0];
  CHECK(by_message.tools.is_null());
  CHECK(by_message.messages.size() == 2);
  CHECK_THAT(by_message.context, Catch::Contains("Be brief.\\n\\nYou are an expert in composing functions.") &&
                                     Catch::Contains(R"(\"name\": \"m.add\")") && Catch::EndsWith("null"));

  folder.put("eval/bfcl/possible_answer/BFCL_v4_simple_python.json", "{\"id\": \"other\", \"ground_truth\": []}\n");
  CHECK_THROWS_WITH(simple->documents({folder.string(), -1, -1, 1234}),
                    Catch::Contains("BFCL_v4_simple_python.json:1: expected id, question, function and an answer"));
}

TEST_CASE("bfcl: where no function fits, no call is right") {
  const DataFolder folder("fp8bench_bfcl_irrelevance");
  folder.put("eval/bfcl/BFCL_v4_irrelevance.json", kQuestion);
  const auto irrelevance = task("bfcl_irrelevance");
  const auto documents = irrelevance->documents({folder.string(), -1, -1, 1234});
  CHECK(scored(*irrelevance, documents.at(0), "I cannot.").logged.at("acc") == 1.0);
  const Json calls = Json::parse(R"([{"name": "m.add", "arguments": {}}])");
  CHECK(scored(*irrelevance, documents.at(0), "", calls).logged.at("error_type") ==
        "irrelevance_error:decoder_success");
}

TEST_CASE("ifeval and bfcl: the public files are read whole") {
  FP8BENCH_REQUIRE_DATA(data, "eval");
  const EvalOptions options{data.parent_path().string(), -1, -1, 1234};
  CHECK(task("ifeval")->documents(options).size() == 541);
  CHECK(task("bfcl_simple_python")->documents(options).size() == 400);
  CHECK(task("bfcl_multiple")->documents(options).size() == 200);
  CHECK(task("bfcl_parallel")->documents(options).size() == 200);
  CHECK(task("bfcl_irrelevance")->documents(options).size() == 240);
}

}  // namespace
}  // namespace fp8bench
