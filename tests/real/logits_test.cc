// Logits of the real models in policy f32 against transformers' float32 (make_logits.py).
#include <catch2/catch.hpp>

#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"
#include "tests/real/real_model.h"

using namespace fp8bench;
using namespace fp8bench::test;
using nlohmann::json;

namespace {

struct Logits {
  double largest = 0;           // absolute difference
  double largest_of = 0;        // absolute logit of the golden
  int64_t rows = 0, other = 0;  // rows whose most likely word is another one
};

Logits compare_logits(const std::filesystem::path& folder, const json& golden, const EngineOptions& options) {
  const auto model = std::make_shared<const Model>(open_checkpoint(folder.string()));
  const Head head(model);
  const auto hidden_size = model->config().hidden;
  Logits out;
  for (const json& sequence : golden.at("sequences")) {
    Batch batch;
    batch.add(sequence.at("ids").get<std::vector<int32_t>>());
    const RunSpec run{.name = "real", .model = model, .options = options};
    const std::vector<float> hidden = run_lockstep(std::span(&run, 1), batch).front();
    std::vector<float> logits(static_cast<size_t>(head.vocab()));
    for (const json& row : sequence.at("rows")) {
      head.logits(hidden.data() + row.at("position").get<int64_t>() * hidden_size, 1, options, logits.data());
      const auto compare = [&](const json& words, const json& values) {
        for (size_t i = 0; i < words.size(); ++i) {
          const double expected = values[i].get<double>();
          const double found = static_cast<double>(logits.at(words[i].get<size_t>()));
          out.largest = std::max(out.largest, std::abs(found - expected));
          out.largest_of = std::max(out.largest_of, std::abs(expected));
        }
      };
      compare(row.at("top"), row.at("top_logits"));
      compare(golden.at("fixed"), row.at("fixed_logits"));
      const auto best = std::max_element(logits.begin(), logits.end());
      double sum = 0;
      for (const float x : logits) sum += std::exp(static_cast<double>(x - *best));
      const double log_sum_exp = static_cast<double>(*best) + std::log(sum);  // sees every word of the vocabulary
      out.largest = std::max(out.largest, std::abs(log_sum_exp - row.at("log_sum_exp").get<double>()));
      ++out.rows;
      out.other += best - logits.begin() != row.at("top")[0].get<int64_t>();
    }
  }
  return out;
}

// Two correct float32 engines differ by the order of their sums, a few units in the sixth digit of the largest logit.
// What the golden would catch: BF16 between the operations moves logits by hundredths.
void check_logits(const std::filesystem::path& folder, const char* file) {
  const json golden = real_golden(file);
  REQUIRE(weights_hash(folder) == golden.at("weights_sha256").get<std::string>());
  const Logits found = compare_logits(folder, golden, {});
  CHECK(found.rows >= 40);
  CHECK(found.other == 0);
  CHECK(found.largest <= 1e-5 * found.largest_of);
  WARN(file << ": " << found.rows << " rows, largest difference " << found.largest << " of " << found.largest_of);
  CHECK(compare_logits(folder, golden, {.policy = Policy::kBF16}).largest > 1e-4 * found.largest_of);
}

}  // namespace

TEST_CASE("logits of SmolLM2 are transformers' float32") {
  FP8BENCH_REQUIRE_MODEL(model, "smollm2");
  check_logits(model, "logits_smollm2.json");
}

TEST_CASE("logits of Gemma 3 270M are transformers' float32, beyond its sliding window too") {
  FP8BENCH_REQUIRE_MODEL(model, "gemma3");
  check_logits(model, "logits_gemma3.json");
}
