#include <cmath>
#include <cstring>

#include "kernels/bf16.h"
#include "kernels/fp8.h"
#include "kernels/gemm/gemm.h"

namespace fp8bench {
namespace {

double weight(const PackedMatrix& w, int64_t output, int64_t k) {
  const int64_t index = (output / kPanel * w.k + k) * kPanel + output % kPanel;
  const std::byte* panels = w.panels.data();
  if (w.dtype == DType::kF8E4M3) return e4m3_to_f32(static_cast<uint8_t>(panels[index]));
  if (w.dtype == DType::kBF16) {
    uint16_t bits;
    std::memcpy(&bits, panels + index * 2, sizeof(bits));
    return bf16_to_f32(bits);
  }
  float value;
  std::memcpy(&value, panels + index * 4, sizeof(value));
  return value;
}

double scales(const GemmArgs& args, int64_t row, int64_t col) {
  const double row_scale = args.row_scales == nullptr ? 1.0 : args.row_scales[row];
  return row_scale * (args.w->scales.empty() ? 1.0 : args.w->scales[static_cast<size_t>(col)]);
}

}  // namespace

double gemm_ref_output(const GemmArgs& args, int64_t row, int64_t col) {
  double sum = 0.0;
  for (int64_t k = 0; k < args.w->k; ++k) {
    sum += static_cast<double>(args.x[row * args.w->k + k]) * weight(*args.w, col, k);
  }
  return sum * scales(args, row, col);
}

void gemm_ref(const GemmArgs& args) {
  for (int64_t row = 0; row < args.m; ++row) {
    for (int64_t col = 0; col < args.w->n; ++col) {
      args.y[row * args.w->n + col] = static_cast<float>(gemm_ref_output(args, row, col));
    }
  }
}

// The chain's error is at most gamma_k sum|x w|, gamma_k = k u / (1 - k u), u = 2^-24 (Higham, Accuracy and
// Stability, 3.1). Each scale adds one rounding, and the two of them and a subnormal result the last terms.
double gemm_tolerance(const GemmArgs& args, int64_t row, int64_t col) {
  constexpr double kUnit = 0x1p-24, kSmallest = 0x1p-149;
  const PackedMatrix& w = *args.w;
  const int64_t roundings = w.k + (args.row_scales != nullptr ? 1 : 0) + (w.scales.empty() ? 0 : 1);
  const double gamma = static_cast<double>(roundings) * kUnit / (1.0 - static_cast<double>(roundings) * kUnit);
  double magnitude = 0.0;
  for (int64_t k = 0; k < w.k; ++k)
    magnitude += std::fabs(static_cast<double>(args.x[row * w.k + k]) * weight(w, col, k));
  const double scale = std::fabs(scales(args, row, col));
  return gamma * magnitude * scale + static_cast<double>(w.k + 2) * kSmallest * std::fmax(1.0, scale);
}

}  // namespace fp8bench
