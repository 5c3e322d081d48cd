// What one thread computes without help: a block of rows times a run of panels. gemm.cc and grouped_gemm.cc cut their
// work into such blocks; gemm_isa.cc computes them, once per instruction set.
#pragma once
#include <cstdint>

#include "kernels/dispatch.h"
#include "kernels/gemm/e4m3_route.h"

namespace fp8bench {

enum class WeightCodec { kF32, kBF16, kE4M3 };

// sums[16 p + i] = sum over k of x[k] w[k], w the weights of output i of panel p divided by 2^120, one fma chain each.
// Panels are [k][16] E4M3, `panels` of them. Returns how many it took; the sums of the others stay as they are.
using E4M3RowChains = int64_t (*)(const float* x, int64_t k, const uint8_t* weights, int64_t panels, float* sums);

#if defined(__x86_64__)
namespace avx512bytes {
extern const E4M3RowChains e4m3_row_chains;
}
#endif
// The above, or null where the active set or the processor has no byte permutes.
E4M3RowChains e4m3_row_chains();

struct GemmBlock {
  const float* x = nullptr;  // first row, (rows, k), row stride k
  int64_t rows = 0, k = 0;
  WeightCodec codec = WeightCodec::kBF16;
  const void* panels = nullptr;       // first panel, each [k][16]
  int64_t cols = 0;                   // outputs of the run; the last panel may be partly used
  const float* row_scales = nullptr;  // of the first row, or null
  const float* col_scales = nullptr;  // of the first output, or null
  float* y = nullptr;                 // first row and output, row stride ldy
  int64_t ldy = 0;
  E4M3Route e4m3_route = E4M3Route::kHalf;
  // e4m3_row_bytes where the processor has it, else null: one row's chains of whole panels of E4M3 weights.
  E4M3RowChains row_chains = nullptr;
  float* scratch = nullptr;  // rows * k floats for a block of E4M3 weights and at most small_rows rows
};

struct GemmKernel {
  void (*block)(const GemmBlock&);
  int64_t small_rows;   // up to here the weights are decoded on the fly and panels are taken several at a time
  int64_t panel_group;  // panels that a block should be a multiple of
};

FP8BENCH_ISA_TABLE(GemmKernel, gemm_kernel)

}  // namespace fp8bench
