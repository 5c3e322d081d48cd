// From logits to the next token. The order of the filters is that of transformers: temperature, then top-k, top-p,
// min-p, each on what the one before left, renormalized. Everything is double with canonical_exp and the draw depends
// on (seed, stream, counter) only, so that a seed writes the same text on every machine, thread count and batch.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace fp8bench {

struct SamplingOptions {
  double temperature = 0;  // 0: greedy, whatever the rest says
  int64_t top_k = 0;       // the k largest, and what ties with the last of them; 0: all
  double top_p = 1;        // the smallest set of most likely tokens that holds at least this probability; 1: all
  double min_p = 0;        // what is at least this fraction of the largest probability; 0: all
  uint64_t seed = 1;
};
// Throws std::invalid_argument unless temperature >= 0, top_k >= 0, 0 < top_p <= 1 and 0 <= min_p <= 1.
void check_sampling(const SamplingOptions& options);

struct TokenProbability {
  int32_t token = 0;
  double probability = 0;
};
// What a token is drawn from: tokens that may come, by id, probabilities adding up to 1. Never empty.
std::vector<TokenProbability> sampling_distribution(std::span<const float> logits, const SamplingOptions& options);

// In [0, 1), 53 bits: three rounds of a 64-bit mixing function over seed, stream and counter.
double counter_uniform(uint64_t seed, uint64_t stream, uint64_t counter);

// The token of draw `counter` of a stream (a sequence). Greedy: the largest logit, ties to the lowest id.
int32_t sample_token(std::span<const float> logits, const SamplingOptions& options, uint64_t stream, uint64_t counter);

}  // namespace fp8bench
