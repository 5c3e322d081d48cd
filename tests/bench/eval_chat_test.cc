// `fp8bench eval` with chats, from the template to the verdict, on checkpoints that answer what the test wants them to.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/bench/scripted_checkpoint.h"
#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

// Gemma 4's form of tools and calls in small.
constexpr const char* kWithTools =
    "<begin>{% if tools %}{% for t in tools %}<|tool>declaration:{{ t.function.name }}<tool|>{% endfor %}{{ '\n' }}"
    "{% endif %}{% for m in messages %}{{ m.role }}: {{ m.content }}{% if m.tool_calls %}{% for c in m.tool_calls %}"
    "<|tool_call>call:{{ c.function.name }}{word:<|\"|>{{ c.function.arguments.word }}<|\"|>}<tool_call|>"
    "{% endfor %}{% endif %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'model:\n' }}{% endif %}";
constexpr const char* kPlain =
    "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'model:\n' }}{% endif %}";
constexpr const char* kNoSystem =
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system message') }}{% endif %}"
    "{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'model:\n' }}{% endif %}";

std::string lmeval_data() { return source_path("tests/datasets/lmeval/data").string(); }

struct Evaluated {
  Outcome outcome;
  json sample, record;
};

Evaluated evaluated(const std::string& checkpoint, const std::string& data, const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string samples = (folder.path() / "s.jsonl").string(), record = (folder.path() / "r.json").string();
  Evaluated out;
  out.outcome = run_program("eval '" + checkpoint + "' --data '" + data + "' --limit 1 --samples '" + samples +
                            "' --json '" + record + "' " + arguments);
  if (out.outcome.code != 0) return out;
  out.sample = json::parse(lines_of(read_file(samples)).at(0));
  out.record = json::parse(read_file(record));
  return out;
}

// One question of BFCL's form, invented.
class ToolData {
 public:
  ToolData() {
    folder_.write("eval/bfcl/BFCL_v4_simple_python.json",
                  R"({"id": "simple_python_0", "question": [[{"role": "user", "content": "Add one and two."}]], )"
                  R"("function": [{"name": "m.add", "description": "Adds.", "parameters": {"type": "dict", )"
                  R"("properties": {"a": {"type": "integer", "description": "One."}, )"
                  R"("b": {"type": "integer", "description": "Two."}}, "required": ["a", "b"]}}]})"
                  "\n");
    folder_.write("eval/bfcl/possible_answer/BFCL_v4_simple_python.json",
                  R"({"id": "simple_python_0", "ground_truth": [{"m.add": {"a": [1], "b": [2]}}]})"
                  "\n");
  }
  Evaluated ask(const ScriptedCheckpoint& checkpoint, const std::string& arguments = "") const {
    return evaluated(checkpoint.string(), folder_.path().string(), "--tasks bfcl_simple_python " + arguments);
  }

 private:
  TemporaryFolder folder_;
};

std::string prompt_of(const Evaluated& run) { return run.sample.at("arguments").at("gen_args_0").at("arg_0"); }

}  // namespace

TEST_CASE("tool calls: template, generation, parser and checker see a right and a wrong answer") {
  const ToolData data;
  const auto check = [&](const std::vector<std::string>& answer, double accuracy, const std::string& error) {
    const ScriptedCheckpoint checkpoint(kWithTools, answer);
    const Evaluated run = data.ask(checkpoint);
    INFO(run.outcome.err << run.sample.dump());
    REQUIRE(run.outcome.code == 0);
    CHECK(prompt_of(run) == "<begin><|tool>declaration:m.add<tool|>\nuser: Add one and two.\nmodel:\n");
    CHECK(run.sample.at("acc") == accuracy);
    CHECK(run.sample.at("error_type") == error);
    CHECK(run.record.at("content").at("plan").at("chat").at("tools") == "template");
    return run;
  };
  const Evaluated right = check({"<|tool_call>", "call:m.add{a:1,b:2}", "<tool_call|>"}, 1, "");
  CHECK_THAT(right.sample.at("filtered_resps").dump(), Contains("m.add"));
  check({"<|tool_call>", "call:m.add{a:1,b:3}", "<tool_call|>"}, 0, "value_error:others");
  check({"<|tool_call>", "call:m.add{a:1}", "<tool_call|>"}, 0, "simple_function_checker:missing_required");
  check({"<|tool_call>", "call:add{a:1,b:2}", "<tool_call|>"}, 0, "simple_function_checker:wrong_func_name");
  check({"<|tool_call>", "call:m.add{a:1,b:2}"}, 0, "ast_decoder:decoder_failed");  // never ended
  check({"Three."}, 0, "ast_decoder:decoder_failed");
}

TEST_CASE("tool calls of a template that shows no tools: the functions stand in a system message, and it is said") {
  const ToolData data;
  const ScriptedCheckpoint right(kPlain, {"[m.add(a=1, b=2)]"}), wrong(kPlain, {"[m.add(a=1, b=3)]"});
  const Evaluated run = data.ask(right);
  INFO(run.outcome.err);
  REQUIRE(run.outcome.code == 0);
  CHECK_THAT(run.outcome.err, Contains("shows no tools") && Contains("system message"));
  CHECK_THAT(prompt_of(run), Contains("system: You are an expert in composing functions.") && Contains("\"m.add\""));
  CHECK(run.sample.at("acc") == 1);
  CHECK(run.record.at("content").at("plan").at("chat").at("tools") == "system");
  CHECK(data.ask(wrong).sample.at("error_type") == "value_error:others");
  const Outcome forced = data.ask(right, "--tool-prompt template").outcome;
  CHECK(forced.code == 4);
  CHECK_THAT(forced.err, Contains("shows no tools") && Contains("--tool-prompt system"));
  // A template that does show them can be asked in the other way.
  const Evaluated by_message = data.ask(ScriptedCheckpoint(kWithTools, {"[m.add(a=1, b=2)]"}), "--tool-prompt system");
  REQUIRE(by_message.outcome.code == 0);
  CHECK_THAT(prompt_of(by_message), Contains("You are an expert") && !Contains("<|tool>"));
  CHECK(by_message.sample.at("acc") == 1);
}

TEST_CASE("a chat without a template is refused, naming the option") {
  const ScriptedCheckpoint checkpoint("", {"xx"});
  const Outcome tools = ToolData().ask(checkpoint).outcome;
  CHECK(tools.code == 4);
  CHECK_THAT(tools.err, Contains("no chat template") && Contains("--chat-template"));
  const Outcome task = evaluated(checkpoint.string(), lmeval_data(), "--tasks gsm8k --apply-chat-template").outcome;
  CHECK(task.code == 4);
  CHECK_THAT(task.err, Contains("no chat template"));
}

TEST_CASE("a task as a chat: examples as turns or in one message, settings of the answer, lm-eval's spelling") {
  const ScriptedCheckpoint checkpoint(kPlain, {"It is ", "seven", "!!", " Question:", " and more"});
  const auto ask = [&](const std::string& arguments) {
    const Evaluated run = evaluated(checkpoint.string(), lmeval_data(),
                                    "--tasks gsm8k --num-fewshot 1 --system_instruction 'Be brief.' " + arguments);
    INFO(run.outcome.err);
    REQUIRE(run.outcome.code == 0);
    return run;
  };
  const auto count = [](const std::string& text, const std::string& what) {
    int found = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  const Evaluated turns = ask("--apply_chat_template");
  CHECK_THAT(prompt_of(turns), Catch::StartsWith("system: Be brief.\nuser: Question:"));
  CHECK(count(prompt_of(turns), "user: ") == 2);
  CHECK(count(prompt_of(turns), "assistant: ") == 1);
  CHECK(turns.sample.at("resps")[0][0] == "It is seven!! ");  // until "Question:"
  CHECK(turns.record.at("fewshot_as_multiturn") == true);
  CHECK(turns.record.at("chat_template") == kPlain);
  CHECK(turns.record.at("system_instruction_sha").get<std::string>().size() == 64);

  const Evaluated one = ask("--apply_chat_template --fewshot_as_multiturn false");
  CHECK(count(prompt_of(one), "user: ") == 1);
  CHECK(count(prompt_of(one), "Question: ") == 2);
  CHECK(one.record.at("fewshot_as_multiturn") == false);

  const Evaluated shorter =
      ask("--apply-chat-template --fewshot-as-multiturn --gen_kwargs max_gen_toks=2,temperature=0");
  CHECK(prompt_of(shorter) == prompt_of(turns));
  CHECK(shorter.sample.at("resps")[0][0] == "It is seven");
  CHECK(shorter.sample.at("arguments").at("gen_args_0").at("arg_1").dump() ==
        R"({"do_sample":false,"max_gen_toks":2,"temperature":0,"until":["Question:","</s>","<|im_end|>"]})");
  CHECK(ask("--apply-chat-template --gen-kwargs 'until=[\"seven\"]'").sample.at("resps")[0][0] == "It is ");
  CHECK(ask("--apply-chat-template --gen-kwargs '{\"until\": \"!\"}'").sample.at("resps")[0][0] == "It is seven");

  const Evaluated text = ask("");  // no chat, but the instruction
  CHECK_THAT(prompt_of(text), Catch::StartsWith("Be brief.Question:"));
  CHECK(text.record.at("chat_template").is_null());
}

TEST_CASE("settings of chats and answers that cannot be are refused") {
  const ScriptedCheckpoint checkpoint(kPlain, {"xx"});
  const auto refused = [&](const std::string& arguments, const std::string& reason) {
    const Outcome outcome = evaluated(checkpoint.string(), lmeval_data(), "--tasks gsm8k " + arguments).outcome;
    INFO(arguments << "\n" << outcome.err);
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, Contains(reason));
  };
  refused("--fewshot-as-multiturn true", "--apply-chat-template");
  refused("--gen-kwargs top_p=0.5", "unknown setting");
  refused("--gen-kwargs do_sample=true", "greedy");
  refused("--gen-kwargs max_gen_toks=0", "a number of tokens");
  refused("--gen-kwargs max_gen_toks", "key=value");
  refused("--gen-kwargs 'until=[\"x'", "JSON list");
  refused("--tool-prompt both", "tool-prompt");
}

TEST_CASE("a template that refuses system messages gets none, and it is said") {
  const ScriptedCheckpoint checkpoint(kNoSystem, {"xx"});
  const Evaluated run =
      evaluated(checkpoint.string(), lmeval_data(),
                "--tasks gsm8k --num-fewshot 0 --apply-chat-template --system-instruction 'Be brief.'");
  INFO(run.outcome.err);
  REQUIRE(run.outcome.code == 0);
  CHECK_THAT(run.outcome.err, Contains("refuses system messages"));
  CHECK_THAT(prompt_of(run), Catch::StartsWith("user: Question:") && !Contains("Be brief"));
}
