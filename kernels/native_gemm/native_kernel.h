// What one thread computes without help, and the table of the units that can do it. native_gemm.cc rounds x and cuts
// the work into such blocks; block_native.cc computes them, once per unit.
#pragma once
#include <cstdint>

namespace fp8bench {

// x in BF16: columns k .. the next multiple of kNativeColumns are zero, and rows up to the next multiple of kNativeRows
// after the last can be read (whatever they hold).
inline constexpr int64_t kNativeColumns = 32, kNativeRows = 32;

struct NativeBlock {
  const uint16_t* x = nullptr;  // first row, row stride ldx
  int64_t ldx = 0, rows = 0, k = 0;
  bool e4m3 = false;                  // weights: E4M3 or BF16
  const void* panels = nullptr;       // first panel, each [k][16]
  int64_t cols = 0;                   // outputs of the run; the last panel may be partly used
  const float* row_scales = nullptr;  // of the first row, or null
  const float* col_scales = nullptr;  // of the first output, or null
  float* y = nullptr;                 // first row and output, row stride ldy
  int64_t ldy = 0;
};

struct NativeKernel {
  const char* unit;  // as native_unit()
  // One row of x rounded to BF16, zeros up to the next multiple of kNativeColumns.
  void (*round_row)(const float* x, int64_t k, uint16_t* out);
  void (*block)(const NativeBlock&);
  int64_t few_rows;    // up to here the weights are decoded on the fly and panels are taken several at a time
  int64_t block_rows;  // most rows that share one decoding of their weights
  int64_t tile_rows;   // a block's rows should be a multiple of
  int64_t tile_panels;
};

#if defined(__x86_64__)
namespace avx512bf16 {
extern const NativeKernel native_kernel;
}
namespace avx512bf16_bw {  // for processors without byte permutes (VBMI)
extern const NativeKernel native_kernel;
}
namespace amx {
extern const NativeKernel native_kernel;
}
#endif

}  // namespace fp8bench
