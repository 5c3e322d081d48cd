#include <cmath>

#include "kernels/rmsnorm/rmsnorm.h"

namespace fp8bench {

void rmsnorm_ref(const RmsNormArgs& args) {
  for (int64_t row = 0; row < args.rows; ++row) {
    const float* x = args.x + row * args.width;
    float* y = args.y + row * args.width;
    double sum = 0.0;
    for (int64_t c = 0; c < args.width; ++c) sum += static_cast<double>(x[c]) * x[c];
    const double inv = 1.0 / std::sqrt(sum / static_cast<double>(args.width) + static_cast<double>(args.eps));
    for (int64_t c = 0; c < args.width; ++c) {
      const double weight = args.weight == nullptr ? 1.0 : args.weight[c] + (args.one_plus_weight ? 1.0 : 0.0);
      y[c] = static_cast<float>(x[c] * inv * weight);
    }
  }
}

}  // namespace fp8bench
