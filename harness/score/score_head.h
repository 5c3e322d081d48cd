// The output head and the divergence as one streaming pass: hidden states in, one TokenDivergence per token and
// candidate out. Logits of a block of tokens live in a fixed scratch budget and are dropped: a stored logit row is 93
// times the size of its hidden state. Result and bits depend neither on the budget nor on the thread count.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"
#include "harness/score/token_divergence.h"

namespace fp8bench {

// One run after its last layer, and how its hidden states become logits.
struct ScoredRun {
  std::span<const float> hidden;  // (tokens, hidden_size) after the final norm
  int64_t hidden_size = 0;
  int64_t vocab = 0;
  std::function<void(const float* hidden, int64_t rows, float* logits)> logits;  // -> (rows, vocab)
};
// head, options and hidden must outlive the result. tokens: rows of hidden.
ScoredRun scored_run(const Head& head, const EngineOptions& options, std::span<const float> hidden, int64_t tokens);

struct ScoreHeadOptions {
  int64_t scratch_bytes =
      int64_t{128} << 20;        // logits of reference and all candidates together; at least one row is always taken
  int64_t first_position = 0;    // tokens before this position of their sequence are not scored
  bool float32_softmax = false;  // score_rows: ln p as predict_word_float32 has it
};

// Scores every token that has a next token in its sequence (the last one has none). Returns, per candidate, the tokens
// in batch order with gold, sequence, position and document (= sequence) filled. The reference's logits are computed
// once for all candidates. Throws CheckError if shapes disagree or a logit is not finite (the message names candidate,
// sequence and position).
std::vector<std::vector<TokenDivergence>> score_heads(const ScoredRun& reference, std::span<const ScoredRun> candidates,
                                                      const Batch& batch, const ScoreHeadOptions& options = {});

// One run only: ln p(target) of chosen rows, and whether target is the argmax (ties to the lowest id).
struct RowTarget {
  int64_t row = 0;  // of hidden
  int32_t target = 0;
};
struct RowScore {
  double logprob = 0;  // ln p(target), nats
  int32_t argmax = kNoToken;
};
std::vector<RowScore> score_rows(const ScoredRun& run, std::span<const RowTarget> rows,
                                 const ScoreHeadOptions& options = {});

}  // namespace fp8bench
