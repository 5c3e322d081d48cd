// y[i,j] = sum_k x[i,k] * w[j,k], then the scales: ((sum * row_scale[i]) * w.scales[j]).
// Canonical order: one float32 FMA chain per output, k ascending from 0, starting at +0. BF16 and E4M3 weights widen
// exactly to float32, so an FP8 W8A8 product (codes as float32 in x) is the same chain over exact products.
// Vectorized across outputs, never over k.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dtype.h"

namespace fp8bench {

inline constexpr int64_t kPanel = 16;

// 64-byte aligned, uninitialized storage.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(size_t size);
  ~AlignedBytes();
  AlignedBytes(AlignedBytes&& other) noexcept;
  AlignedBytes& operator=(AlignedBytes&& other) noexcept;
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Weights of one linear layer. Panel p holds outputs 16p..16p+15 as [k][16] in the weights' own dtype; outputs beyond n
// are zero.
struct PackedMatrix {
  int64_t n = 0;               // outputs
  int64_t k = 0;               // inputs
  DType dtype = DType::kBF16;  // kBF16, kF8E4M3 or kF32
  AlignedBytes panels;         // ceil(n/16) * k * 16 elements
  std::vector<float> scales;   // one per output (FP8 weight_scale widened to float32), or empty

  int64_t bytes() const { return static_cast<int64_t>(panels.size() + scales.size() * sizeof(float)); }
};

// rows: row-major (n, k) in `dtype`. scales: n values or empty. Multi-threaded. Throws std::invalid_argument for a
// wrong size and for an E4M3 NaN code, naming row and column.
PackedMatrix pack_matrix(DType dtype, std::span<const std::byte> rows, int64_t n, int64_t k,
                         std::span<const float> scales = {});

struct GemmArgs {
  const float* x = nullptr;  // (m, k) row-major
  int64_t m = 0;
  const PackedMatrix* w = nullptr;    // (n, k)
  const float* row_scales = nullptr;  // (m) per-token activation scales, or null
  float* y = nullptr;                 // (m, n) row-major
};

// The blocked, multi-threaded kernel for the active instruction set.
void gemm(const GemmArgs& args);
// Exact reference: every sum in double (exact for E4M3 x E4M3 up to k = 171,196), scales in double, one rounding at the
// end.
void gemm_ref(const GemmArgs& args);
// One output of gemm_ref, for sampled checks at shapes whose full reference would take too long.
double gemm_ref_output(const GemmArgs& args, int64_t row, int64_t col);
// |canonical - exact| <= tolerance, derived from k and the float32 unit roundoff: gamma_k * sum |x w| * |scales|.
double gemm_tolerance(const GemmArgs& args, int64_t row, int64_t col);

}  // namespace fp8bench
