#include "kernels/silu_mul/silu_mul.h"

#include <algorithm>

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

TEST_CASE("silu_mul: the scalar function's bits everywhere, near the exact result") {
  for (const int64_t width : {1, 15, 64, 131}) {
    const int64_t rows = 37;
    std::vector<float> fused = random_floats(rows * 2 * width, 91);
    for (float& value : fused) value *= 4.0f;
    const std::vector<float> out = test::same_bits_everywhere([&] {
      std::vector<float> y(static_cast<size_t>(rows * width));
      silu_mul({fused.data(), fused.data() + width, rows, width, 2 * width, y.data()});
      return y;
    });
    std::vector<float> expected, exact(out.size());
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < width; ++c) {
        const float* gate = fused.data() + r * 2 * width + c;
        expected.push_back(canonical_silu(*gate) * gate[width]);
      }
    }
    CHECK(count_different(out, expected) == 0);
    silu_mul_ref({fused.data(), fused.data() + width, rows, width, 2 * width, exact.data()});
    double worst = 0.0;
    for (size_t i = 0; i < out.size(); ++i) {
      worst = std::max(worst, std::fabs(static_cast<double>(out[i]) - exact[i]) /
                                  std::max(1e-30, static_cast<double>(std::fabs(exact[i]))));
    }
    CHECK(worst <= 4e-7);
  }
}

TEST_CASE("silu: a few roundings from exact everywhere, and sound at the ends") {
  for (float z = -87.0f; z < 30.0f; z += 0.0137f) {
    const double exact = z / (1.0 + std::exp(-static_cast<double>(z)));
    CHECK(std::fabs(canonical_silu(z) - exact) <= std::fabs(exact) * 4e-7);
  }
  CHECK(canonical_silu(0.0f) == 0.0f);
  CHECK(canonical_silu(100.0f) == 100.0f);
  CHECK(canonical_silu(-200.0f) == 0.0f);
  CHECK(std::isnan(canonical_silu(NAN)));
}

}  // namespace
}  // namespace fp8bench
