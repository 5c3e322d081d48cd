#include <cmath>

#include "kernels/gelu_mul/gelu_mul.h"

namespace fp8bench {

void gelu_mul_ref(const GeluMulArgs& args) {
  const double sqrt_2_over_pi = std::sqrt(2.0 / 3.14159265358979323846);
  for (int64_t row = 0; row < args.rows; ++row) {
    for (int64_t c = 0; c < args.width; ++c) {
      const double z = args.gate[row * args.stride + c];
      const double gelu = 0.5 * z * (1.0 + std::tanh(sqrt_2_over_pi * (z + 0.044715 * z * z * z)));
      args.y[row * args.width + c] = static_cast<float>(gelu * args.up[row * args.stride + c]);
    }
  }
}

}  // namespace fp8bench
