#include "kernels/gelu_mul/gelu_mul.h"

#include <algorithm>

#include "kernel_testing.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

TEST_CASE("gelu_mul: the scalar function's bits everywhere, fused or apart, near the exact result") {
  for (const int64_t width : {1, 15, 64, 131}) {
    const int64_t rows = 37;
    std::vector<float> fused = random_floats(rows * 2 * width, 71);
    for (float& value : fused) value *= 4.0f;
    const std::vector<float> out = test::same_bits_everywhere([&] {
      std::vector<float> y(static_cast<size_t>(rows * width));
      gelu_mul({fused.data(), fused.data() + width, rows, width, 2 * width, y.data()});
      return y;
    });
    std::vector<float> expected, exact(out.size());
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < width; ++c) {
        const float* gate = fused.data() + r * 2 * width + c;
        expected.push_back(canonical_gelu_tanh(*gate) * gate[width]);
      }
    }
    CHECK(count_different(out, expected) == 0);
    gelu_mul_ref({fused.data(), fused.data() + width, rows, width, 2 * width, exact.data()});
    double worst = 0.0;
    for (size_t i = 0; i < out.size(); ++i) {
      worst = std::max(worst, std::fabs(static_cast<double>(out[i]) - exact[i]) /
                                  std::max(1.0, static_cast<double>(std::fabs(exact[i]))));
    }
    CHECK(worst <= 1e-6);
  }
}

TEST_CASE("gelu: accurate also where 1 + tanh cancels, and at the ends") {
  for (float z = -9.0f; z < 9.0f; z += 0.0137f) {
    const double u = std::sqrt(2.0 / 3.14159265358979323846) * (z + 0.044715 * z * z * z);
    const double exact = z / (1.0 + std::exp(-2.0 * u));
    CHECK(std::fabs(canonical_gelu_tanh(z) - exact) <=
          std::fabs(exact) * 2e-5);  // 2u reaches 66: its rounding is amplified
  }
  CHECK(canonical_gelu_tanh(0.0f) == 0.0f);
  CHECK(canonical_gelu_tanh(100.0f) == 100.0f);
  CHECK(canonical_gelu_tanh(-100.0f) == 0.0f);
  CHECK(std::isnan(canonical_gelu_tanh(NAN)));
}

TEST_CASE("softcap: cap * tanh(x / cap), everywhere the same bits") {
  std::vector<float> x = random_floats(1003, 72);
  for (float& value : x) value *= 30.0f;
  const std::vector<float> out = test::same_bits_everywhere([&] {
    std::vector<float> y = x;
    softcap(y.data(), static_cast<int64_t>(y.size()), 30.0f);
    return y;
  });
  for (size_t i = 0; i < x.size(); ++i) {
    CHECK(test::bits(out[i]) == test::bits(30.0f * canonical_tanh(x[i] / 30.0f)));
    CHECK(std::fabs(out[i] - 30.0 * std::tanh(x[i] / 30.0)) <= 1e-5);
  }
  softcap(nullptr, 0, 30.0f);
}

}  // namespace
}  // namespace fp8bench
