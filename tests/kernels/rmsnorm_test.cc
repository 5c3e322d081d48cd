#include "kernels/rmsnorm/rmsnorm.h"

#include <algorithm>

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

RmsNormArgs args_of(const std::vector<float>& x, int64_t width, const std::vector<float>* weight,
                    std::vector<float>& y) {
  RmsNormArgs args;
  args.x = x.data();
  args.rows = static_cast<int64_t>(x.size()) / width;
  args.width = width;
  args.weight = weight == nullptr ? nullptr : weight->data();
  args.y = y.data();
  return args;
}

TEST_CASE("rmsnorm: one chain a row, everywhere the same bits, whatever the other rows") {
  for (const int64_t width : {1, 7, 16, 128, 259}) {
    for (const int64_t rows : {1, 8, 13, 100}) {
      const std::vector<float> x = random_floats(rows * width, 41), weight = random_floats(width, 42);
      const std::vector<float> out = test::same_bits_everywhere([&] {
        std::vector<float> y(x.size());
        rmsnorm(args_of(x, width, &weight, y));
        return y;
      });
      std::vector<float> expected;
      for (int64_t r = 0; r < rows; ++r) {
        const float* row = x.data() + r * width;
        float sum = 0.0f;
        for (int64_t c = 0; c < width; ++c) sum = std::fma(row[c], row[c], sum);
        const float inv = 1.0f / std::sqrt(sum / static_cast<float>(width) + 1e-6f);
        for (int64_t c = 0; c < width; ++c) expected.push_back((row[c] * inv) * weight[static_cast<size_t>(c)]);
      }
      INFO(rows << " rows of " << width);
      CHECK(count_different(out, expected) == 0);
    }
  }
}

TEST_CASE("rmsnorm: in place, without weight, with 1 + weight, near the exact result") {
  const int64_t width = 300, rows = 11;
  const std::vector<float> x = random_floats(rows * width, 43, false), weight = random_floats(width, 44, false);
  for (const bool one_plus : {false, true}) {
    for (const std::vector<float>* w : {&weight, static_cast<const std::vector<float>*>(nullptr)}) {
      std::vector<float> y(x.size()), exact(x.size()), in_place = x;
      RmsNormArgs args = args_of(x, width, w, y);
      args.one_plus_weight = one_plus;
      rmsnorm(args);
      args.y = exact.data();
      rmsnorm_ref(args);
      args.x = args.y = in_place.data();
      rmsnorm(args);
      CHECK(count_different(y, in_place) == 0);
      double worst = 0.0;
      for (size_t i = 0; i < y.size(); ++i) {
        worst = std::max(worst, std::fabs(y[i] - exact[i]) / std::max(1e-3, static_cast<double>(std::fabs(exact[i]))));
      }
      CHECK(worst <= 300 * 0x1p-24);
    }
  }
  const std::vector<float> zeros(16, 0.0f);
  std::vector<float> y(16, NAN);
  rmsnorm(args_of(zeros, 16, nullptr, y));
  CHECK(y == zeros);
}

}  // namespace
}  // namespace fp8bench
