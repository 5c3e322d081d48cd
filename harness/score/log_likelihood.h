// ln p of the last tokens of many sequences, under several runs at once. What sequences begin with in common is
// computed once, the head multiplies only the rows that predict a scored token, and one pass over the weights serves
// every run. The result of a sequence does not depend on what else is in the pass (policies f32 and bf16: to the bit).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"

namespace fp8bench {

// The last `scored` tokens of ids, each given all that stand before it. 1 <= scored < ids.size().
struct ScoredSequence {
  std::vector<int32_t> ids;
  int64_t scored = 0;
  // What the engine has to read: everything but the last token, whose output nobody needs.
  std::span<const int32_t> input() const { return std::span(ids).first(ids.size() - 1); }
};

struct SequenceScore {
  double log_likelihood = 0;  // nats: the sum over the scored tokens, in double, first to last
  bool greedy = true;         // each of them is the argmax at its place (ties to the lowest id)
  bool operator==(const SequenceScore&) const = default;
};

// Which sequences to compute together so that no pass holds more than `max_tokens` different tokens (a sequence that
// alone is longer is a pass). Sequences that begin alike end up in the same pass.
std::vector<std::vector<size_t>> plan_passes(std::span<const ScoredSequence> sequences, int64_t max_tokens);

// Bytes that a pass holds for each of its tokens under these runs.
int64_t pass_bytes_per_token(std::span<const RunSpec> runs);

// One pass. heads: one per run. float32_softmax: as lm-eval's PyTorch (token_divergence.h), else exact. Returns, per
// run, one score per sequence. Throws CheckError on a sequence that cannot be scored or a logit that is not finite.
std::vector<std::vector<SequenceScore>> score_sequences(std::span<const RunSpec> runs,
                                                        std::span<const std::shared_ptr<const Head>> heads,
                                                        std::span<const ScoredSequence> sequences,
                                                        const ProgressCallback& progress = {},
                                                        bool float32_softmax = false);

}  // namespace fp8bench
