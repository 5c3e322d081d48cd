#include "kernels/grouped_gemm/grouped_gemm.h"

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

struct Experts {
  std::vector<PackedMatrix> weights;
  std::vector<int64_t> offsets;
  std::vector<float> x, row_scales;
};

// Inactive experts, experts with one row, with a tile and with more than a block.
Experts make(DType dtype, std::vector<int64_t> rows, int64_t n, int64_t k) {
  Experts e;
  e.offsets = {0};
  uint32_t seed = 20;
  for (const int64_t count : rows) {
    e.offsets.push_back(e.offsets.back() + count);
    e.weights.push_back(test::random_matrix(dtype, n, k, ++seed, dtype == DType::kF8E4M3));
  }
  e.x = random_floats(e.offsets.back() * k, 21, false);
  e.row_scales = random_floats(e.offsets.back(), 22, false);
  return e;
}

std::vector<float> run(const Experts& e) {
  std::vector<float> y(static_cast<size_t>(e.offsets.back() * e.weights[0].n), NAN);
  grouped_gemm({e.x.data(), e.offsets, e.weights, e.row_scales.data(), y.data()});
  return y;
}

TEST_CASE("grouped_gemm: each row has the bits of a gemm with its own expert") {
  for (const DType dtype : {DType::kBF16, DType::kF8E4M3, DType::kF32}) {
    const Experts e = make(dtype, {0, 1, 7, 0, 130, 2, 0}, 52, 77);
    const std::vector<float> y = test::same_bits_everywhere([&] { return run(e); });
    std::vector<float> expected(y.size());
    for (size_t expert = 0; expert < e.weights.size(); ++expert) {
      for (int64_t row = e.offsets[expert]; row < e.offsets[expert + 1]; ++row) {
        gemm({e.x.data() + row * 77, 1, &e.weights[expert], e.row_scales.data() + row, expected.data() + row * 52});
      }
    }
    CHECK(count_different(y, expected) == 0);
  }
}

TEST_CASE("grouped_gemm: decode, eight experts of one row, and no rows at all") {
  const Experts e = make(DType::kF8E4M3, std::vector<int64_t>(8, 1), 80, 64);
  const std::vector<float> y = run(e);
  std::vector<float> exact(y.size());
  grouped_gemm_ref({e.x.data(), e.offsets, e.weights, e.row_scales.data(), exact.data()});
  for (size_t expert = 0; expert < 8; ++expert) {
    const GemmArgs one = {e.x.data() + expert * 64, 1, &e.weights[expert], e.row_scales.data() + expert, nullptr};
    for (int64_t j = 0; j < 80; ++j) {
      const size_t at = expert * 80 + static_cast<size_t>(j);
      CHECK(std::fabs(static_cast<double>(y[at]) - exact[at]) <=
            gemm_tolerance(one, 0, j) + std::fabs(exact[at]) * 0x1p-24);
    }
  }
  CHECK(run(make(DType::kBF16, {0, 0, 0}, 16, 8)).empty());
  grouped_gemm({});
}

}  // namespace
}  // namespace fp8bench
