#include <cmath>

#include "kernels/fp8.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {

void quantize_per_token_ref(const QuantizeArgs& args) {
  for (int64_t row = 0; row < args.rows; ++row) {
    const float* x = args.x + row * args.width;
    float s = args.static_scale;
    if (!(s > 0.0f)) {
      float amax = 0.0f;
      for (int64_t c = 0; c < args.width; ++c) amax = std::fmax(amax, std::fabs(x[c]));
      s = std::fmax(amax / kE4M3Max, 1.0f / (kE4M3Max * 512.0f));
    }
    args.scales[row] = s;
    for (int64_t c = 0; c < args.width; ++c) {
      const float q = std::fmax(-kE4M3Max, std::fmin(x[c] / s, kE4M3Max));
      const bool truncate = args.rounding == E4M3Rounding::kTruncate;
      args.codes[row * args.width + c] = e4m3_to_f32(truncate ? f32_to_e4m3_truncated(q) : f32_to_e4m3(q));
    }
  }
}

}  // namespace fp8bench
