#include <cmath>

#include "kernels/rope/rope.h"

namespace fp8bench {

void rope_ref(const RopeArgs& args) {
  const int64_t half = args.head_dim / 2;
  for (int64_t token = 0; token < args.tokens; ++token) {
    for (int64_t head = 0; head < args.heads; ++head) {
      float* x = args.x + (token * args.heads + head) * args.head_dim;
      for (int64_t i = 0; i < half; ++i) {
        const float angle = static_cast<float>(args.positions[token]) * args.inv_freq[static_cast<size_t>(i)];
        const double cosine = std::cos(static_cast<double>(angle)), sine = std::sin(static_cast<double>(angle));
        const double x1 = x[i], x2 = x[half + i];
        x[i] = static_cast<float>(x1 * cosine - x2 * sine);
        x[half + i] = static_cast<float>(x2 * cosine + x1 * sine);
      }
    }
  }
}

}  // namespace fp8bench
