#include "kernels/rope/rope.h"

#include <algorithm>

#include "kernel_testing.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

using test::bits;
using test::random_floats;

TEST_CASE("rope: inverse frequencies are those of transformers, bit for bit") {
  const std::vector<float> full = rope_inv_freq(1e6, 512, 64), sliding = rope_inv_freq(1e4, 256, 128);
  CHECK(bits(full[0]) == bits(1.0f));
  CHECK(bits(full[1]) == 0x3F728CF8u);
  CHECK(bits(full[2]) == 0x3F65CED3u);
  CHECK(bits(full[63]) == 0x3D08B588u);
  CHECK(full.size() == 256);
  CHECK(std::count(full.begin(), full.end(), 0.0f) == 192);
  CHECK(bits(sliding[1]) == 0x3F6E39F8u);
  CHECK(bits(sliding[127]) == 0x38E15C91u);
  CHECK(std::count(sliding.begin(), sliding.end(), 0.0f) == 0);
}

std::vector<float> rotated(std::vector<float> x, const std::vector<int32_t>& positions, int64_t heads,
                           const std::vector<float>& inv_freq) {
  const int64_t tokens = static_cast<int64_t>(positions.size());
  rope({x.data(), tokens, heads, static_cast<int64_t>(2 * inv_freq.size()), positions.data(), inv_freq});
  return x;
}

TEST_CASE("rope: split halves, each product rounded, the same bits everywhere and for any batch") {
  const std::vector<std::vector<int32_t>> kPositions = {{0, 1, 2, 3, 4}, {7}, {100000, 3, 262143}, {5, 5, 5}};
  for (const auto& [dim, turning] : {std::pair<int64_t, int64_t>{32, 16}, {20, 2}, {128, 16}, {2, 1}}) {
    const std::vector<float> inv_freq = rope_inv_freq(1e6, dim, turning);
    for (const std::vector<int32_t>& positions : kPositions) {
      const int64_t tokens = static_cast<int64_t>(positions.size()), heads = 3;
      const std::vector<float> x = random_floats(tokens * heads * dim, 51);
      const std::vector<float> out = test::same_bits_everywhere([&] { return rotated(x, positions, heads, inv_freq); });
      std::vector<float> expected = x;
      for (int64_t t = 0; t < tokens; ++t) {
        for (int64_t h = 0; h < heads; ++h) {
          float* head = expected.data() + (t * heads + h) * dim;
          for (int64_t i = 0; i < turning; ++i) {
            const float angle =
                static_cast<float>(positions[static_cast<size_t>(t)]) * inv_freq[static_cast<size_t>(i)];
            const float c = static_cast<float>(canonical_cos(static_cast<double>(angle))),
                        s = static_cast<float>(canonical_sin(static_cast<double>(angle)));
            const float a = head[i], b = head[dim / 2 + i];
            head[i] = a * c - b * s;
            head[dim / 2 + i] = b * c + a * s;
          }
        }
      }
      CHECK(test::count_different(out, expected) == 0);
    }
  }
}

TEST_CASE("rope: within two roundings of the exact rotation, interleaved pairs are not") {
  const std::vector<float> inv_freq = rope_inv_freq(1e4, 64, 32);
  const std::vector<int32_t> positions = {0, 1, 1000, 200000};
  const std::vector<float> x = random_floats(4 * 2 * 64, 52, false), out = rotated(x, positions, 2, inv_freq);
  std::vector<float> exact = x;
  rope_ref({exact.data(), 4, 2, 64, positions.data(), inv_freq});
  double worst = 0.0, worst_shifted = 0.0;
  for (size_t i = 0; i < out.size(); ++i) {
    worst = std::max(worst, std::fabs(static_cast<double>(out[i]) - exact[i]));
    worst_shifted = std::max(worst_shifted, std::fabs(static_cast<double>(out[i]) - exact[i ^ 1]));
  }
  CHECK(worst <= 4 * 4.0 * 0x1p-24);
  CHECK(worst_shifted > 0.1);
}

TEST_CASE("rope: position 0 and unrotated pairs leave the values, nothing to do is fine") {
  const std::vector<float> x = random_floats(64, 53, false);
  CHECK(rotated(x, {0}, 2, rope_inv_freq(1e4, 32, 16)) == x);
  CHECK(rotated(x, {12345}, 2, std::vector<float>(16, 0.0f)) == x);
  CHECK(rotated({}, {}, 2, rope_inv_freq(1e4, 32, 16)).empty());
}

}  // namespace
}  // namespace fp8bench
