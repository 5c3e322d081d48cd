#pragma once
#include <cstdint>

#include "kernels/dispatch.h"

namespace fp8bench {

struct RopeKernel {
  // cos and sin of float32(position) * inv_freq[i] for i < pairs.
  void (*angles)(int32_t position, const float* inv_freq, int64_t pairs, float* cosines, float* sines);
  // Rotates the pairs (i, i + half), i < pairs, of one head.
  void (*rotate)(float* x, int64_t half, int64_t pairs, const float* cosines, const float* sines);
};

FP8BENCH_ISA_TABLE(RopeKernel, rope_kernel)

}  // namespace fp8bench
