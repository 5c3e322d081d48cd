// Writing tokens: many sequences at once, each admitted as soon as there is room for it, so that every pass over the
// weights serves as many as fit. What a prompt has in common with one that is being continued is not computed again.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/engine/decoder.h"
#include "harness/engine/head.h"
#include "harness/engine/sampling.h"

namespace fp8bench {

struct GenerationJob {
  std::vector<int32_t> prompt;  // at least one token
  int64_t max_tokens = 0;
  SamplingOptions sampling;
  uint64_t stream = 0;  // of the random numbers
  // Asked after every token with all that was written so far: true ends the sequence (with that token in it).
  std::function<bool(std::span<const int32_t> written)> stop;
};

struct GenerationLimits {
  int64_t cache_bytes = int64_t{2} << 30;  // KV caches of the sequences in flight; one sequence always runs
  int64_t sequences = 64;
};

// done(job, tokens): called once per job, in the order in which they end.
void generate(Decoder& decoder, const Head& head, std::span<const GenerationJob> jobs, const GenerationLimits& limits,
              const std::function<void(size_t job, std::vector<int32_t> tokens)>& done);

}  // namespace fp8bench
