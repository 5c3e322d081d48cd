// y[r,c] = (x[r,c] * inv) * w[c], inv = 1 / sqrt(mean_c(x^2) + eps). Source: Gemma 4 (weight as stored, no 1 + w).
// Canonical order: the sum of squares is one FMA chain a row, c ascending; division and square root correctly rounded.
#pragma once
#include <cstdint>

namespace fp8bench {

struct RmsNormArgs {
  const float* x = nullptr;  // (rows, width)
  int64_t rows = 0, width = 0;
  const float* weight = nullptr;  // (width), or null: no weight
  float eps = 1e-6f;
  bool one_plus_weight = false;  // Gemma 1-3; for Gemma 4 it is a fault
  float* y = nullptr;            // (rows, width); may be x
};

void rmsnorm(const RmsNormArgs& args);
void rmsnorm_ref(const RmsNormArgs& args);  // double

}  // namespace fp8bench
