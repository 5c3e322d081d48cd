// Gated SiLU: y[r,c] = silu(gate[r,c]) * up[r,c];  silu(z) = z / (1 + exp(-z)).
// Canonical: the exponential of simd_math.h, one true division, so that the bits are the same on every instruction set.
#pragma once
#include <cstdint>

namespace fp8bench {

struct SiluMulArgs {
  const float* gate = nullptr;  // (rows, width), row stride `stride`
  const float* up = nullptr;    // the same; for a fused gate_up output: gate = g, up = g + width, stride = 2 * width
  int64_t rows = 0, width = 0, stride = 0;
  float* y = nullptr;  // (rows, width), dense
};

void silu_mul(const SiluMulArgs& args);
void silu_mul_ref(const SiluMulArgs& args);  // double, C library exp

float canonical_silu(float z);

}  // namespace fp8bench
