// The real model SmolLM2-135M-Instruct against the real lm-eval, item by item: every golden of
// FP8BENCH_DATA/goldens/lmeval/smollm2-bf16.
#include <catch2/catch.hpp>
#include <map>

#include "tests/real/real_model.h"

using namespace fp8bench::test;
using nlohmann::json;

namespace {

// Log-likelihoods in float32 agree to about 1e-4, relative to their size on whole pages; this is what a wrong token or
// position exceeds by far.
constexpr double kTolerance = 1e-3;

struct Compared {
  int64_t items = 0, responses = 0;
  double largest = 0;  // difference of two log-likelihoods, nats
};

double number(const json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

// [log-likelihood, is_greedy], a log-likelihood of a whole text, or a written text.
void compare_response(const json& found, const json& golden, Compared& out) {
  ++out.responses;
  if (golden.is_array()) {
    out.largest = std::max(out.largest, std::abs(number(found[0]) - golden[0].get<double>()));
    CHECK((found[1] == "True") == golden[1].get<bool>());
  } else if (golden.is_number()) {
    const double expected = golden.get<double>();  // thousands of tokens: the tolerance is one token's, relative
    out.largest = std::max(out.largest, std::abs(number(found) - expected) / std::max(1.0, std::abs(expected) / 100));
  } else {
    CHECK(found == golden);
  }
}

void compare_item(const json& found, const json& golden, Compared& out) {
  ++out.items;
  const json& metrics = found.at("metrics");
  for (const auto& [key, value] : golden.items()) {
    const bool metric = std::find(metrics.begin(), metrics.end(), key) != metrics.end();
    if (key == "doc_id" || key == "filter" || key == "doc_hash" || key == "prompt_hash") CHECK(found.at(key) == value);
    if (!metric) continue;
    if (value.is_array()) {  // [log-likelihood, count]: the first is compared as a response
      CHECK(found.at(key)[1] == value[1]);
    } else {
      CHECK(found.at(key) == value);
    }
  }
  REQUIRE(found.at("resps").size() == golden.at("resps").size());
  for (size_t r = 0; r < golden["resps"].size(); ++r) {
    const json &response = golden["resps"][r], &own = found["resps"][r][0];
    // One response an answer, as a list where a request may be repeated.
    compare_response(own, response.is_array() && response.size() == 1 ? response[0] : response, out);
  }
}

Compared compare_task(const std::filesystem::path& model, const std::filesystem::path& golden, int64_t usual) {
  const std::string task = golden.stem().string();
  const json meta = read_json(std::filesystem::path(golden).replace_extension(".meta.json"));
  const int64_t limit = real_limit(meta.at("limit").get<int64_t>(), usual);
  const TemporaryFolder folder;
  const std::filesystem::path samples = folder.path() / "samples.jsonl", record = folder.path() / "record.json";
  const Outcome outcome = run_program(
      "eval " + quoted(model) + " --tasks " + task + " --limit " + std::to_string(limit) + " --num-fewshot " +
      std::to_string(meta.at("num_fewshot").get<int>()) + " --max-length " +
      std::to_string(meta.at("max_length").get<int>()) + (meta.at("add_bos_token").get<bool>() ? " --bos yes" : "") +
      " --quiet --samples " + quoted(samples) + " --json " + quoted(record));
  INFO(task << ": " << outcome.err);
  REQUIRE(outcome.code == 0);
  std::map<std::pair<int64_t, std::string>, json> expected;
  for (json& line : json_lines(golden)) {
    const std::pair<int64_t, std::string> key{line.at("doc_id").get<int64_t>(), line.value("filter", "none")};
    expected[key] = std::move(line);
  }
  Compared out;
  for (const json& line : json_lines(samples)) {
    INFO("document " << line.at("doc_id") << ", filter " << line.at("filter"));
    const auto at = expected.find({line.at("doc_id").get<int64_t>(), line.at("filter").get<std::string>()});
    REQUIRE(at != expected.end());
    compare_item(line, at->second, out);
  }
  CHECK(out.items >= limit);
  CHECK(out.largest <= kTolerance);
  if (limit == meta.at("limit").get<int64_t>()) {
    const json results = read_json(record).at("results").at(task);
    for (const auto& [key, value] : meta.at("results").items())
      if (key != "sample_len") CHECK(results.at(key).get<double>() == Approx(value.get<double>()).epsilon(1e-6));
  }
  WARN(task << ": " << out.items << " items, " << out.responses << " responses, largest difference " << out.largest);
  return out;
}

const std::vector<std::string>& named_tasks() {
  static const std::vector<std::string> tasks = {"arc_easy",     "arc_challenge", "piqa",    "winogrande",
                                                 "mmlu_anatomy", "gsm8k",         "wikitext"};
  return tasks;
}

void check_task(const std::string& task, int64_t usual) {
  FP8BENCH_REQUIRE_MODEL(model, "smollm2");
  FP8BENCH_REQUIRE_DATA(golden, "goldens/lmeval/smollm2-bf16");
  if (!std::filesystem::exists(golden / (task + ".jsonl"))) FP8BENCH_SKIP("the data folder lacks this golden");
  REQUIRE(compare_task(model, golden / (task + ".jsonl"), usual).items > 0);
}

}  // namespace

TEST_CASE("the weights of smollm2 are those of the goldens") {
  FP8BENCH_REQUIRE_MODEL(model, "smollm2");
  REQUIRE(weights_hash(model) == real_golden("logits_smollm2.json").at("weights_sha256"));
}

TEST_CASE("arc_easy on SmolLM2: every item as lm-eval has it") { check_task("arc_easy", 150); }
TEST_CASE("arc_challenge on SmolLM2: every item as lm-eval has it") { check_task("arc_challenge", 60); }
TEST_CASE("piqa on SmolLM2: every item as lm-eval has it") { check_task("piqa", 150); }
TEST_CASE("winogrande on SmolLM2: every item as lm-eval has it") { check_task("winogrande", 150); }
TEST_CASE("mmlu_anatomy on SmolLM2: every item as lm-eval has it") { check_task("mmlu_anatomy", 15); }
TEST_CASE("gsm8k on SmolLM2: every text as lm-eval has it") { check_task("gsm8k", 4); }
TEST_CASE("wikitext on SmolLM2: every page as lm-eval has it") { check_task("wikitext", 3); }

TEST_CASE("every further golden on SmolLM2: every item as lm-eval has it") {
  FP8BENCH_REQUIRE_MODEL(model, "smollm2");
  FP8BENCH_REQUIRE_DATA(golden, "goldens/lmeval/smollm2-bf16");
  std::vector<std::string> further;
  for (const std::string& file : files_below(golden, {".jsonl"})) {
    const std::string task = std::filesystem::path(file).stem().string();
    if (std::find(named_tasks().begin(), named_tasks().end(), task) == named_tasks().end()) further.push_back(task);
  }
  if (further.empty()) FP8BENCH_SKIP("there is no golden beyond those that have a test of their own");
  for (const std::string& task : further) compare_task(model, golden / (task + ".jsonl"), 20);
}
