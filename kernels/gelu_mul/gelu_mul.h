// Gated GELU: y[r,c] = gelu_tanh(gate[r,c]) * up[r,c];  gelu_tanh(z) = 0.5 z (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))).
#pragma once
#include <cstdint>

namespace fp8bench {

struct GeluMulArgs {
  const float* gate = nullptr;  // (rows, width), row stride `stride`
  const float* up = nullptr;    // the same; for a fused gate_up output: gate = g, up = g + width, stride = 2 * width
  int64_t rows = 0, width = 0, stride = 0;
  float* y = nullptr;  // (rows, width), dense
};

void gelu_mul(const GeluMulArgs& args);
void gelu_mul_ref(const GeluMulArgs& args);  // double, C library tanh

// 30 * tanh(x / 30), in place: the final logit softcap.
void softcap(float* x, int64_t count, float cap);
float canonical_gelu_tanh(float z);

}  // namespace fp8bench
