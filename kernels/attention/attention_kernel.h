// Attention of a few query rows that share one kv head: what one thread computes without help.
#pragma once
#include <cstdint>

#include "kernels/dispatch.h"

namespace fp8bench {

inline constexpr int64_t kAttentionRows = 8;

// How keys and values are stored, and what that asks of the caller.
enum class KvCodec {
  kF32,
  kBF16,
  kE4M3Scaled,  // codes read as their values / 256: q comes multiplied by 256, |q| < 2^127, and no code is NaN
  kE4M3         // any code, any q
};

struct AttentionRows {
  int64_t rows = 0, head_dim = 0;  // rows <= kAttentionRows
  const float* q = nullptr;        // (rows, head_dim)
  KvCodec codec = KvCodec::kF32;
  const void* keys = nullptr;    // panels of 16 positions from position 0, [position / 16][head_dim][16]
  const void* values = nullptr;  // [position][head_dim]
  // Row r sees positions low[r] .. high[r] - 1; both ascend with r.
  int64_t low[kAttentionRows], high[kAttentionRows];
  float scale = 1.0f;
  float* scores = nullptr;  // scratch, (rows, ld_scores); column 0 is position low[0] / 16 * 16
  int64_t ld_scores = 0;    // a multiple of 16, reaching high[rows - 1]
  float* out = nullptr;     // (rows, head_dim)
};

struct AttentionKernel {
  void (*rows)(const AttentionRows&);
};

FP8BENCH_ISA_TABLE(AttentionKernel, attention_kernel)

}  // namespace fp8bench
