#include <cmath>

#include "kernels/silu_mul/silu_mul.h"

namespace fp8bench {

void silu_mul_ref(const SiluMulArgs& args) {
  for (int64_t row = 0; row < args.rows; ++row) {
    for (int64_t c = 0; c < args.width; ++c) {
      const double z = args.gate[row * args.stride + c];
      args.y[row * args.width + c] = static_cast<float>(z / (1.0 + std::exp(-z)) * args.up[row * args.stride + c]);
    }
  }
}

}  // namespace fp8bench
