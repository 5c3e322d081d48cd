// The real model SmolLM2-135M-Instruct against the real lm-eval, item by item: label "real" (ctest -L real), runs where
// FP8BENCH_REAL names the folder that has smollm2/ (weights as BF16 safetensors, tokenizer).
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using nlohmann::json;

namespace {

std::vector<json> json_lines(const std::filesystem::path& file) {
  std::vector<json> out;
  for (const std::string& line : lines_of(read_file(file))) out.push_back(json::parse(line));
  return out;
}

// Log-likelihoods in float32 agree to about 1e-4; this is what a wrong token or position exceeds by far.
constexpr double kTolerance = 1e-3;

}  // namespace

TEST_CASE("arc_easy on SmolLM2: every item as lm-eval has it") {
  const char* real = std::getenv("FP8BENCH_REAL");
  const std::filesystem::path model = std::filesystem::path(real == nullptr ? "" : real) / "smollm2";
  if (real == nullptr || !std::filesystem::exists(model))
    FP8BENCH_SKIP("set FP8BENCH_REAL to the folder that has smollm2");
  FP8BENCH_REQUIRE_DATA(golden, "goldens/lmeval/smollm2-bf16/arc_easy.jsonl");
  const TemporaryFolder folder;
  const std::filesystem::path samples = folder.path() / "samples.jsonl";
  const Outcome outcome =
      run_program("eval '" + model.string() + "' --tasks arc_easy --limit 20 --max-length 1024 --samples '" +
                  samples.string() + "'");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const std::vector<json> expected = json_lines(golden), found = json_lines(samples);
  REQUIRE(found.size() == 20);
  double largest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    INFO("document " << i);
    for (const char* key : {"doc_id", "doc_hash", "prompt_hash", "acc", "acc_norm"})
      CHECK(found[i].at(key) == expected[i].at(key));
    REQUIRE(found[i].at("resps").size() == expected[i].at("resps").size());
    for (size_t r = 0; r < found[i]["resps"].size(); ++r) {
      const json &response = found[i]["resps"][r][0], &golden_response = expected[i]["resps"][r][0];
      largest =
          std::max(largest, std::abs(std::stod(response[0].get<std::string>()) - golden_response[0].get<double>()));
      CHECK((response[1] == "True") == golden_response[1].get<bool>());
    }
  }
  CHECK(largest <= kTolerance);
}
