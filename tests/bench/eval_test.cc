// `fp8bench eval` as a process, on the bundled checkpoint and the public data.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

std::string checkpoint() { return source_path("datasets/nano/checkpoint").string(); }

std::string in_quotes(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

std::vector<json> json_lines(const std::filesystem::path& file) {
  std::vector<json> out;
  for (const std::string& line : lines_of(read_file(file))) out.push_back(json::parse(line));
  return out;
}

}  // namespace

TEST_CASE("eval writes samples and results under lm-eval's keys") {
  FP8BENCH_REQUIRE_DATA(data, "eval");
  const TemporaryFolder folder;
  const auto samples = folder.path() / "s.jsonl", record = folder.path() / "r.json", results = folder.path() / "l.json";
  const Outcome outcome =
      run_program("eval " + in_quotes(checkpoint()) + " --tasks arc_easy --limit 4 --samples " + in_quotes(samples) +
                  " --json " + in_quotes(record) + " --results " + in_quotes(results));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.out, Contains("arc_easy") && Contains("acc_norm"));
  const std::vector<json> lines = json_lines(samples);
  REQUIRE(lines.size() == 4);
  double right = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const json& line = lines[i];
    CHECK(line.at("doc_id") == i);
    CHECK(line.at("filter") == "none");
    CHECK(line.at("doc").contains("question"));
    CHECK(line.at("arguments").at("gen_args_0").at("arg_1").is_string());
    CHECK(line.at("resps").size() == line["arguments"].size());
    CHECK(std::stod(line["resps"][0][0][0].get<std::string>()) < 0);
    CHECK(line.at("resps")[0][0] == line.at("filtered_resps")[0]);
    for (const char* hash : {"doc_hash", "prompt_hash", "target_hash"})
      CHECK(line.at(hash).get<std::string>().size() == 64);
    right += line.at("acc").get<double>();
  }
  const json whole = json::parse(read_file(record));
  for (const json& file : {whole, json::parse(read_file(results)), whole.at("content")}) {
    CHECK(file.at("results").at("arc_easy").at("acc,none").get<double>() == Approx(right / 4));
    CHECK(file.at("results").at("arc_easy").contains("acc_stderr,none"));
    CHECK(file.at("n-samples").at("arc_easy").at("effective") == 4);
    CHECK(file.at("n-shot").at("arc_easy") == 0);
    CHECK(file.at("versions").contains("arc_easy"));
  }
  CHECK(whole.at("content").at("plan_sha256").get<std::string>().size() == 64);
  CHECK_FALSE(std::filesystem::exists(samples.string() + ".journal"));
  CHECK(run_program("table " + in_quotes(record)).code != 3);  // its content has the hash that it says
}

TEST_CASE("an eval that is killed again and again goes on and ends with the same bits") {
  FP8BENCH_REQUIRE_DATA(data, "eval");
  const TemporaryFolder folder;
  const std::string command = " eval '" + checkpoint() + "' --tasks piqa,gsm8k --limit 3 --num-fewshot 0 --quiet";
  const auto run = [&](const std::string& name) {
    return std::string(FP8BENCH_PROGRAM) + command + " --samples " + (folder.path() / (name + ".jsonl")).string() +
           " --json " + (folder.path() / (name + ".json")).string();
  };
  REQUIRE(run_shell(run("whole") + " --threads 1").code == 0);
  int killed = 0;
  for (int round = 0; round < 60; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string line = "exec " + run("killed") + " >/dev/null 2>&1";
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20 + 40 * round);
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) ::kill(child, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (!WIFSIGNALED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      break;
    }
    ++killed;
    // Complete or not at all: the last thing written, so a process that was killed while it ended has left all of it.
    if (std::filesystem::exists(folder.path() / "killed.json")) break;
  }
  CHECK(killed > 0);
  CHECK(read_file(folder.path() / "killed.jsonl") == read_file(folder.path() / "whole.jsonl"));
  CHECK(json::parse(read_file(folder.path() / "killed.json")).at("content_sha256") ==
        json::parse(read_file(folder.path() / "whole.json")).at("content_sha256"));
}

TEST_CASE("two checkpoints are paired and judged on the same items") {
  FP8BENCH_REQUIRE_DATA(data, "eval");
  const TemporaryFolder folder;
  const auto samples = folder.path() / "s.jsonl", record = folder.path() / "r.json";
  const Outcome outcome =
      run_program("eval '" + checkpoint() + "' --fp8 'quantized:" + checkpoint() +
                  "' --tasks piqa --limit 12 --samples " + in_quotes(samples) + " --json " + in_quotes(record));
  INFO(outcome.err);
  CHECK((outcome.code == 0 || outcome.code == 1 || outcome.code == 2));
  CHECK_THAT(outcome.out, Contains("verdict: "));
  const auto bf16 = json_lines(samples), fp8 = json_lines(folder.path() / "s.fp8.jsonl");
  REQUIRE(bf16.size() == 12);
  REQUIRE(fp8.size() == 12);
  int differ = 0;
  for (size_t i = 0; i < 12; ++i) {
    CHECK(bf16[i].at("prompt_hash") == fp8[i].at("prompt_hash"));
    differ += bf16[i].at("resps") != fp8[i].at("resps");
  }
  CHECK(differ > 6);
  const json content = json::parse(read_file(record)).at("content");
  CHECK(content.at("paired").size() == 1);         // acc decides
  CHECK(content.at("paired_others").size() == 1);  // acc_norm is shown
  CHECK(content.at("fp8").at("results").contains("piqa"));
  CHECK(content.at("checkpoint") != content.at("fp8").at("checkpoint"));
}

TEST_CASE("eval --fp8 and paired on its sample files judge alike, field by field") {
  FP8BENCH_REQUIRE_DATA(data, "eval");
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  // Every kind of metric: right or wrong, fractions, perplexities, lists of instructions, two filters.
  const std::string command =
      "eval '" + checkpoint() + "' --fp8 'quantized:" + checkpoint() +
      "' --tasks piqa,boolq,truthfulqa_mc2,wikitext,ifeval,gsm8k,ai2_arc --limit 3 --margin 30% "
      "--num-fewshot 0 --max-length 2048 --json '" +
      at + "/eval.json' --samples '" + at;
  const auto compare = [&](const std::string& a, const std::string& b, const std::string& options) {
    const Outcome outcome =
        run_program("paired '" + at + a + "' '" + at + b + "' " + options + " --margin 0.3 --json '" + at + "/p.json'");
    INFO(outcome.err << outcome.out);
    CHECK(outcome.code != 4);
    const json own = json::parse(read_file(folder.path() / "eval.json")).at("content");
    const json paired = json::parse(read_file(folder.path() / "p.json")).at("content");
    CHECK(own.at("paired").size() == 8);
    CHECK(own.at("paired") == paired.at("rows"));
    CHECK(own.at("paired_others") == paired.at("other_rows"));
    CHECK(own.at("verdict") == paired.at("verdict").at("line"));
    const auto row = [&](const char* rows, const std::string& task, const std::string& metric) {
      for (const json& one : own.at(rows))
        if (one.at("task") == task && one.at("metric") == metric) return one;
      return json();
    };
    CHECK(row("paired", "wikitext", "word_perplexity").at("kind") == "perplexity");
    CHECK(row("paired_others", "ifeval", "inst_level_strict_acc").at("kind") == "real");
    CHECK(row("paired", "ifeval", "prompt_level_strict_acc").at("kind") == "binary");
  };
  REQUIRE(run_program(command + "/s.jsonl'").code != 4);
  compare("/s.jsonl", "/s.fp8.jsonl", "");  // several tasks in one file
  std::filesystem::create_directories(folder.path() / "a");
  REQUIRE(run_program(command + "/a' --floor").code != 4);
  compare("/a", "/a.fp8", "--floor '" + at + "/a.fp8.floor'");
  const json row = json::parse(read_file(folder.path() / "eval.json")).at("content").at("paired").at(0);
  CHECK(row.contains("floor_pairs"));
  CHECK(row.at("floor_gold_logprob").get<double>() > 0);  // the nudge does something
}

TEST_CASE("eval refuses what it cannot do, naming the file or the task") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& arguments, const std::string& reason) {
    const Outcome outcome = run_program("eval '" + checkpoint() + "' " + arguments);
    INFO(arguments << "\n" << outcome.err);
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, Contains(reason));
  };
  const std::string empty = " --data " + in_quotes(folder.path());
  refused("--tasks arc_easy" + empty, "ARC-Easy");
  refused("--tasks arc_esay" + empty, "did you mean arc_easy?");
  refused("--tasks arc_easy --data ''", "--data");
  refused("", "--tasks");
  refused("--tasks arc_easy --margin 3px", "--margin: expected a share");
  FP8BENCH_REQUIRE_DATA(data, "eval");
  refused("--tasks arc_easy --limit 2 --num-fewshot 5", "rain");  // its training file is not there
  refused("--tasks arc_easy --limit 2 --max-length 4", "request");
  refused("--tasks arc_easy --limit 2 --json " + in_quotes(folder.path() / "no" / "r.json"), "no");
}
