#include "harness/checkpoint/quantizer.h"

#include <cassert>

#include "harness/checkpoint/row_kernels.h"
#include "kernels/bf16.h"

namespace fp8bench {
namespace {

// finfo(bfloat16).eps, which upstream puts where a scale of zero would be: zero rows, and subnormal rows whose amax /
// 448 vanishes.
constexpr uint16_t kZeroRowScale = 0x3C00;  // 2^-7

uint16_t scale_of(uint16_t amax) {
  // A true division; the reciprocal form of CUDA gives the same BF16 for every amax.
  const uint16_t scale = f32_to_bf16(bf16_to_f32(amax) / 448.0f);
  return scale == 0 ? kZeroRowScale : scale;
}

}  // namespace

uint16_t row_scale_fp8(std::span<const uint16_t> weights) {
  return scale_of(row_kernels().amax(weights.data(), weights.size()));
}

uint16_t quantize_row_fp8(std::span<const uint16_t> weights, std::span<uint8_t> codes, QuotientRule rule) {
  assert(codes.size() == weights.size());
  const uint16_t scale = row_scale_fp8(weights);
  row_kernels().encode(weights.data(), weights.size(), bf16_to_f32(scale), rule == QuotientRule::kDirectF32,
                       codes.data());
  return scale;
}

int64_t find_non_finite(std::span<const uint16_t> weights) {
  constexpr uint16_t kInfinity = 0x7F80;
  if (row_kernels().amax(weights.data(), weights.size()) < kInfinity) return -1;
  for (size_t i = 0; i < weights.size(); ++i)
    if ((weights[i] & 0x7FFFu) >= kInfinity) return static_cast<int64_t>(i);
  return -1;
}

}  // namespace fp8bench
