#include <cmath>
#include <cstring>

#include "kernels/bf16.h"
#include "kernels/fp8.h"
#include "kernels/native_gemm/native_gemm.h"

namespace fp8bench {
namespace {

double weight(const PackedMatrix& w, int64_t output, int64_t k) {
  const int64_t index = (output / kPanel * w.k + k) * kPanel + output % kPanel;
  if (w.dtype == DType::kF8E4M3) return e4m3_to_f32(static_cast<uint8_t>(w.panels.data()[index]));
  uint16_t bits;
  std::memcpy(&bits, w.panels.data() + index * 2, sizeof(bits));
  return bf16_to_f32(bits);
}

}  // namespace

double native_gemm_tolerance(const GemmArgs& args, int64_t row, int64_t col) {
  const PackedMatrix& w = *args.w;
  if (w.dtype == DType::kF32) return gemm_tolerance(args, row, col);
  // Roundings on the longest path: VDPBF16PS one per product. TDPBF16PS at most 16 in a chain and 2 per tile of 32,
  // which is less from k = 4 on. Then the scales. A tile's tail is padded with exact zeros.
  constexpr double kUnit = 0x1p-24, kFlushed = 0x1p-126;
  const double roundings = static_cast<double>(w.k + 6);
  const double gamma = roundings * kUnit / (1.0 - roundings * kUnit);
  double magnitude = 0.0, inputs = 0.0, flushed = 0.0;
  for (int64_t k = 0; k < w.k; ++k) {
    const double x = args.x[row * w.k + k], rounded = round_to_bf16(args.x[row * w.k + k]), j = weight(w, col, k);
    magnitude += std::fabs(rounded * j);
    inputs += std::fabs((x - rounded) * j);
    // An operand below 2^-126 that reads as zero loses its product; a product or a sum below 2^-126 is lost itself,
    // once in its chain and once when chains are added.
    flushed += kFlushed * (std::fabs(rounded) + std::fabs(j) + 3.0);
  }
  const double row_scale = args.row_scales == nullptr ? 1.0 : args.row_scales[row];
  const double scale = std::fabs(row_scale * (w.scales.empty() ? 1.0 : w.scales[static_cast<size_t>(col)]));
  return (gamma * magnitude + inputs * (1.0 + gamma) + flushed) * scale + 2.0 * 0x1p-149 * std::fmax(1.0, scale);
}

}  // namespace fp8bench
