// Log-likelihoods of the bundled checkpoint: batched in any way the same bits, and equal to a plain computation.
#include "harness/score/log_likelihood.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "harness/engine/bundled.h"
#include "harness/io/error.h"

namespace fp8bench::test {
namespace {

std::shared_ptr<const Model> bundled(const std::string& prefix = "") {
  return std::make_shared<const Model>(open_checkpoint(prefix + (bundled_path() / "checkpoint").string()));
}

// Few-shot contexts, questions, choices of several lengths, one equal pair.
std::vector<ScoredSequence> some_sequences(int64_t vocab) {
  std::mt19937 random(5);
  const auto some = [&](size_t count) {
    std::vector<int32_t> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(static_cast<int32_t>(random() % static_cast<uint32_t>(vocab)));
    return ids;
  };
  std::vector<ScoredSequence> out;
  const std::vector<int32_t> shots = some(40);
  for (size_t question = 0; question < 4; ++question) {
    std::vector<int32_t> context = shots;
    const std::vector<int32_t> own = some(7 + question);
    context.insert(context.end(), own.begin(), own.end());
    for (size_t choice = 0; choice < 3; ++choice) {
      const std::vector<int32_t> answer = some(1 + choice * 2);
      ScoredSequence sequence{.ids = context, .scored = static_cast<int64_t>(answer.size())};
      sequence.ids.insert(sequence.ids.end(), answer.begin(), answer.end());
      out.push_back(std::move(sequence));
    }
  }
  out.push_back(out[4]);
  out.push_back({.ids = some(9), .scored = 8});
  return out;
}

}  // namespace

TEST_CASE("log-likelihoods do not depend on what is scored together") {
  const auto bf16 = bundled(), fp8 = bundled("quantized:");
  const std::vector<RunSpec> runs = {{.name = "bf16", .model = bf16, .options = {}},
                                     {.name = "fp8", .model = fp8, .options = {}}};
  const std::vector<std::shared_ptr<const Head>> heads = {std::make_shared<const Head>(bf16),
                                                          std::make_shared<const Head>(fp8)};
  const std::vector<ScoredSequence> sequences = some_sequences(bf16->config().vocab);
  const auto together = score_sequences(runs, heads, sequences);
  REQUIRE(together.size() == 2);
  for (size_t r = 0; r < 2; ++r) {
    CHECK(together[r][4] == together[r][12]);
    for (size_t s = 0; s < sequences.size(); ++s) {
      INFO("run " << r << ", sequence " << s);
      const auto alone = score_sequences(std::span(runs).subspan(r, 1), std::span(heads).subspan(r, 1),
                                         std::span(sequences).subspan(s, 1));
      CHECK(alone[0][0] == together[r][s]);
    }
  }
  CHECK(together[0][0].log_likelihood != together[1][0].log_likelihood);
  for (const int64_t tokens : {1, 60, 100}) {
    const auto passes = plan_passes(sequences, tokens);
    CHECK(passes.size() > 1);
    for (const auto& pass : passes) {
      std::vector<ScoredSequence> part;
      for (const size_t s : pass) part.push_back(sequences[s]);
      const auto scores = score_sequences(runs, heads, part);
      for (size_t i = 0; i < pass.size(); ++i) CHECK(scores[1][i] == together[1][pass[i]]);
    }
  }
}

TEST_CASE("a log-likelihood is the sum of the log-probabilities of its tokens") {
  const auto model = bundled();
  const RunSpec run{.name = "bf16", .model = model, .options = {}};
  const std::shared_ptr<const Head> head = std::make_shared<const Head>(model);
  ScoredSequence sequence = some_sequences(model->config().vocab)[2];
  Batch batch;
  batch.add(sequence.ids);
  const std::vector<float> hidden = run_lockstep(std::span(&run, 1), batch).front();
  const int64_t vocab = head->vocab(), length = batch.tokens();
  std::vector<float> logits(static_cast<size_t>(length * vocab));
  head->logits(hidden.data(), length, run.options, logits.data());
  const auto log_probability = [&](int64_t position, int32_t token) {
    const float* row = logits.data() + position * vocab;
    double sum = 0;
    for (int64_t v = 0; v < vocab; ++v) sum += std::exp(static_cast<double>(row[v]));
    return static_cast<double>(row[token]) - std::log(sum);
  };
  double expected = 0;
  for (int64_t i = length - sequence.scored; i < length; ++i)
    expected += log_probability(i - 1, sequence.ids[static_cast<size_t>(i)]);
  const auto score = [&] {
    return score_sequences(std::span(&run, 1), std::span(&head, 1), std::span(&sequence, 1))[0][0];
  };
  CHECK(score().log_likelihood == Approx(expected).epsilon(1e-10));
  CHECK_FALSE(score().greedy);
  // What greedy decoding writes is greedy; one other token in it is not.
  for (int64_t i = length - sequence.scored; i < length; ++i) {
    batch = {};
    batch.add(std::span(sequence.ids).first(static_cast<size_t>(i)));
    const std::vector<float> last = run_lockstep(std::span(&run, 1), batch).front();
    std::vector<float> row(static_cast<size_t>(vocab));
    head->logits(last.data() + (i - 1) * model->config().hidden, 1, run.options, row.data());
    sequence.ids[static_cast<size_t>(i)] = static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
  }
  CHECK(score().greedy);
  sequence.ids[static_cast<size_t>(length - 2)] =
      (sequence.ids[static_cast<size_t>(length - 2)] + 1) % static_cast<int32_t>(vocab);
  CHECK_FALSE(score().greedy);
}

TEST_CASE("passes hold every sequence once and as many different tokens as they may") {
  const std::vector<ScoredSequence> sequences = some_sequences(500);
  for (const int64_t most : {1, 50, 80, 1000}) {
    std::vector<int> seen(sequences.size(), 0);
    for (const auto& pass : plan_passes(sequences, most))
      for (const size_t s : pass) ++seen[s];
    CHECK(seen == std::vector<int>(sequences.size(), 1));
  }
  CHECK(plan_passes(sequences, 1000).size() == 1);
  CHECK(plan_passes(sequences, 1).size() == sequences.size() - 1);  // the equal pair needs no token more
  CHECK_THROWS_AS(plan_passes(std::vector<ScoredSequence>{{.ids = {1, 2}, .scored = 2}}, 10), CheckError);
  CHECK_THROWS_AS(plan_passes(std::vector<ScoredSequence>{{.ids = {1, 2}, .scored = 0}}, 10), CheckError);
}

}  // namespace fp8bench::test
