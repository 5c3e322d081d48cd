#include "kernels/gemm/gemm.h"

#include <algorithm>

#include "kernel_testing.h"
#include "kernels/fp8.h"
#include "kernels/gemm/e4m3_route.h"
#include "kernels/gemm/gemm_block.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;
using test::random_matrix;

constexpr DType kDTypes[] = {DType::kBF16, DType::kF8E4M3, DType::kF32};
struct Shape {
  int64_t m, n, k;
};
// Every tile height, panels and steps that do not divide, one-element extremes, and more rows than a block has.
constexpr Shape kShapes[] = {{1, 1, 1},     {1, 16, 5},    {1, 200, 131}, {2, 33, 1},     {3, 64, 128},
                             {4, 65, 129},  {5, 17, 300},  {6, 95, 64},   {7, 48, 40},    {8, 31, 7},
                             {12, 40, 33},  {13, 16, 260}, {25, 50, 129}, {100, 36, 140}, {201, 20, 3},
                             {64, 48, 704}, {513, 18, 50}, {2, 40, 2112}, {7, 24, 4096},  {1, 80, 8192}};

std::vector<float> run(const Shape& s, DType dtype, bool scaled) {
  const std::vector<float> x = random_floats(s.m * s.k, 1), row_scales = random_floats(s.m, 2, false);
  const PackedMatrix w = random_matrix(dtype, s.n, s.k, 3, scaled);
  std::vector<float> y(static_cast<size_t>(s.m * s.n), NAN);
  gemm({x.data(), s.m, &w, scaled ? row_scales.data() : nullptr, y.data()});
  return y;
}

// The documented order, with nothing shared with the kernel: one std::fma chain per output.
std::vector<float> chains(const GemmArgs& args, std::span<const float> weights) {
  const PackedMatrix& w = *args.w;
  std::vector<float> y;
  for (int64_t i = 0; i < args.m; ++i) {
    for (int64_t j = 0; j < w.n; ++j) {
      float sum = 0.0f;
      for (int64_t k = 0; k < w.k; ++k)
        sum = std::fma(args.x[i * w.k + k], weights[static_cast<size_t>(j * w.k + k)], sum);
      if (args.row_scales != nullptr) sum *= args.row_scales[i];
      if (!w.scales.empty()) sum *= w.scales[static_cast<size_t>(j)];
      y.push_back(sum);
    }
  }
  return y;
}

TEST_CASE("gemm: the same bits on every instruction set and thread count") {
  for (const DType dtype : kDTypes) {
    for (const Shape& s : kShapes) {
      INFO(dtype_name(dtype) << " " << s.m << "x" << s.n << "x" << s.k);
      test::same_bits_everywhere([&] { return run(s, dtype, true); });
      test::same_bits_everywhere([&] { return run(s, dtype, false); });
    }
  }
}

TEST_CASE("gemm: each output is one fma chain in the order of k, then the row's scale, then the output's") {
  for (const DType dtype : kDTypes) {
    for (const Shape& s : kShapes) {
      const std::vector<float> x = random_floats(s.m * s.k, 1), row_scales = random_floats(s.m, 2, false);
      const std::vector<std::byte> rows = test::random_weights(dtype, s.n, s.k, 3);
      const std::vector<float> scales = random_floats(s.n, 5, false);
      const PackedMatrix w = pack_matrix(dtype, rows, s.n, s.k, scales);
      std::vector<float> widened(static_cast<size_t>(s.n * s.k)), y(static_cast<size_t>(s.m * s.n));
      for (size_t i = 0; i < widened.size(); ++i) {
        if (dtype == DType::kF8E4M3) widened[i] = e4m3_to_f32(static_cast<uint8_t>(rows[i]));
        if (dtype == DType::kF32) std::memcpy(&widened[i], &rows[i * 4], 4);
        uint16_t half = 0;
        if (dtype == DType::kBF16) std::memcpy(&half, &rows[i * 2], 2), widened[i] = bf16_to_f32(half);
      }
      const GemmArgs args = {x.data(), s.m, &w, row_scales.data(), y.data()};
      gemm(args);
      INFO(dtype_name(dtype) << " " << s.m << "x" << s.n << "x" << s.k);
      CHECK(count_different(y, chains(args, widened)) == 0);
    }
  }
}

TEST_CASE("gemm: a row's bits do not depend on the batch") {
  for (const DType dtype : kDTypes) {
    const int64_t m = 131, n = 70, k = 150;
    const std::vector<float> x = random_floats(m * k, 4);
    const PackedMatrix w = random_matrix(dtype, n, k, 5, true);
    std::vector<float> whole(static_cast<size_t>(m * n)), single(static_cast<size_t>(m * n));
    gemm({x.data(), m, &w, nullptr, whole.data()});
    for (int64_t i = 0; i < m; ++i) gemm({x.data() + i * k, 1, &w, nullptr, single.data() + i * n});
    CHECK(count_different(whole, single) == 0);
  }
}

TEST_CASE("gemm: within the derived tolerance of the exact product, and a wrong output is outside") {
  for (const DType dtype : kDTypes) {
    for (const Shape& s : kShapes) {
      const std::vector<float> x = random_floats(s.m * s.k, 6, false), row_scales = random_floats(s.m, 7, false);
      const PackedMatrix w = random_matrix(dtype, s.n, s.k, 8, true);
      std::vector<float> y(static_cast<size_t>(s.m * s.n)), exact(y.size());
      const GemmArgs args = {x.data(), s.m, &w, row_scales.data(), y.data()};
      gemm(args);
      GemmArgs reference = args;
      reference.y = exact.data();
      gemm_ref(reference);
      double worst = 0.0;
      for (int64_t i = 0; i < s.m; ++i) {
        for (int64_t j = 0; j < s.n; ++j) {
          const double value = gemm_ref_output(args, i, j);
          CHECK(exact[static_cast<size_t>(i * s.n + j)] == static_cast<float>(value));
          worst = std::max(worst, std::fabs(y[static_cast<size_t>(i * s.n + j)] - value) / gemm_tolerance(args, i, j));
        }
      }
      INFO(dtype_name(dtype) << " " << s.m << "x" << s.n << "x" << s.k);
      CHECK(worst <= 1.0);
    }
  }
}

TEST_CASE("gemm: the tolerance sees a dropped product, a swapped output and a scale one bf16 code off") {
  const int64_t m = 3, n = 40, k = 200;
  const std::vector<float> x = random_floats(m * k, 9, false);
  const std::vector<float> scales = random_floats(n, 12, false);
  const PackedMatrix w = pack_matrix(DType::kBF16, test::random_weights(DType::kBF16, n, k, 10, false), n, k, scales);
  std::vector<float> y(static_cast<size_t>(m * n));
  const GemmArgs args = {x.data(), m, &w, nullptr, y.data()};
  gemm(args);
  std::vector<float> shortened = x;
  shortened[static_cast<size_t>(k + 77)] = 0.0f;  // row 1 without one product
  std::vector<float> dropped(y.size());
  gemm({shortened.data(), m, &w, nullptr, dropped.data()});
  int64_t seen_dropped = 0, seen_swapped = 0, seen_scale = 0;
  for (int64_t j = 0; j < n; ++j) {
    const double exact = gemm_ref_output(args, 1, j), tolerance = gemm_tolerance(args, 1, j);
    const size_t at = static_cast<size_t>(n + j), neighbour = static_cast<size_t>(n + (j ^ 1));
    if (std::fabs(dropped[at] - exact) > tolerance) ++seen_dropped;
    if (std::fabs(y[neighbour] - exact) > tolerance) ++seen_swapped;
    if (std::fabs(y[at] * (1.0f + 0x1p-7f) - exact) > tolerance) ++seen_scale;
  }
  CHECK(seen_dropped >= n - 2);
  CHECK(seen_swapped == n);
  CHECK(seen_scale >= n - 2);
}

TEST_CASE("gemm: subnormal operands and results are kept, and -0 rows give the chain's zero") {
  const std::vector<float> x = {0x1p-126f, -0.0f, 0x1p-149f};
  const std::vector<float> rows = {0.5f, 1.0f, 1.0f};
  const PackedMatrix w = pack_matrix(DType::kF32, std::as_bytes(std::span(rows)), 1, 3);
  float y = NAN;
  gemm({x.data(), 1, &w, nullptr, &y});
  CHECK(y == 0x1p-127f + 0x1p-149f);
  const std::vector<float> zeros(3, -0.0f);
  gemm({zeros.data(), 1, &w, nullptr, &y});
  CHECK(test::bits(y) == 0u);  // chains start at +0
}

// Runs `body` once per route from E4M3 code to float32, and leaves the processor's own behind.
template <class Body>
void for_each_route(const Body& body) {
  const E4M3Route own = e4m3_route();
  for (const E4M3Route route : {E4M3Route::kHalf, E4M3Route::kShift}) {
    set_e4m3_route(route);
    body();
  }
  set_e4m3_route(own);
}

TEST_CASE("gemm: every E4M3 code, by both routes, in every tile height") {
  std::vector<std::byte> codes;
  for (int code = 0; code < 256; ++code) {
    if ((code & 0x7F) != 0x7F) codes.push_back(static_cast<std::byte>(code));
  }
  const int64_t n = static_cast<int64_t>(codes.size()), k = 5;
  std::vector<std::byte> rows(static_cast<size_t>(n * k));  // each output has one code, at its own k
  std::vector<float> widened(rows.size(), 0.0f);
  for (int64_t j = 0; j < n; ++j) {
    rows[static_cast<size_t>(j * k + j % k)] = codes[static_cast<size_t>(j)];
    widened[static_cast<size_t>(j * k + j % k)] = e4m3_to_f32(static_cast<uint8_t>(codes[static_cast<size_t>(j)]));
  }
  const PackedMatrix w = pack_matrix(DType::kF8E4M3, rows, n, k);
  for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 24, 25, 100}) {
    std::vector<float> x(static_cast<size_t>(m * k)), y(static_cast<size_t>(m * n));
    for (size_t i = 0; i < x.size(); ++i) x[i] = i % 3 == 0 ? 1.0f : i % 3 == 1 ? -0x1p-9f : 447.0f;
    const std::vector<float> expected = chains({x.data(), m, &w, nullptr, nullptr}, widened);
    for_each_route([&] {
      const std::vector<float> out = test::same_bits_everywhere([&] {
        gemm({x.data(), m, &w, nullptr, y.data()});
        return y;
      });
      INFO(m);
      CHECK(count_different(out, expected) == 0);
    });
  }
}

TEST_CASE("gemm: one row of E4M3 weights, every number of panels and remainder of k, is the documented chain") {
  const E4M3Route own = e4m3_route();
  set_e4m3_route(E4M3Route::kShift);
  for (const int64_t n : {16, 63, 64, 65, 112, 128, 129, 192, 200, 300}) {
    for (const int64_t k : {1, 2, 3, 4, 5, 7, 64, 131, 704}) {
      const std::vector<float> x = random_floats(k, 8, false);  // nothing that would take the way of extreme inputs
      const std::vector<std::byte> rows = test::random_weights(DType::kF8E4M3, n, k, 9);
      const PackedMatrix w = pack_matrix(DType::kF8E4M3, rows, n, k);
      std::vector<float> widened;
      for (const std::byte code : rows) widened.push_back(e4m3_to_f32(static_cast<uint8_t>(code)));
      const std::vector<float> y = test::same_bits_everywhere([&] {
        std::vector<float> out(static_cast<size_t>(n), NAN);
        gemm({.x = x.data(), .m = 1, .w = &w, .row_scales = nullptr, .y = out.data()});
        return out;
      });
      INFO(n << "x" << k);
      CHECK(count_different(y, chains({.x = x.data(), .m = 1, .w = &w}, widened)) == 0);
    }
  }
  set_e4m3_route(own);
}

TEST_CASE("gemm: byte permutes decode every E4M3 code, where the processor has them") {
  const E4M3RowChains chains_of = e4m3_row_chains();
  if (chains_of == nullptr) FP8BENCH_SKIP("this processor or instruction set has no byte permutes");
  std::vector<uint8_t> panels(8 * 16 * 5);
  for (int64_t first = 0; first < 256; first += 16) {  // in every row of the group of four and behind it
    for (size_t i = 0; i < panels.size(); ++i) panels[i] = static_cast<uint8_t>(first + static_cast<int64_t>(i) % 16);
    for (size_t k = 0; k < 5; ++k) {
      std::vector<float> x(5, 0.0f), sums(8 * 16);
      x[k] = 0x1p120f;
      REQUIRE(chains_of(x.data(), 5, panels.data(), 8, sums.data()) == 8);
      for (size_t i = 0; i < sums.size(); ++i) {
        const uint8_t code = static_cast<uint8_t>(first + static_cast<int64_t>(i) % 16);
        if ((code & 0x7F) != 0x7F) CHECK(sums[i] == e4m3_to_f32(code));
      }
    }
  }
  CHECK(chains_of(nullptr, 0, nullptr, 3, nullptr) == 0);  // too few panels
}

TEST_CASE("gemm: inputs at both ends of the float range, where no factor may be moved from weight to input") {
  const int64_t n = 70, k = 37;
  const PackedMatrix w = random_matrix(DType::kF8E4M3, n, k, 13);
  std::vector<float> widened(static_cast<size_t>(n * k));
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t i = 0; i < k; ++i) {
      const std::byte code = w.panels.data()[(j / kPanel * k + i) * kPanel + j % kPanel];
      widened[static_cast<size_t>(j * k + i)] = e4m3_to_f32(static_cast<uint8_t>(code));
    }
  }
  for (const int64_t m : {1, 2, 3, 5, 30}) {
    for (const float extreme : {0x1p-149f, 0x1p-127f, 0x1p-100f, 0x1.fffffep-61f, 0x1.fffffep-60f, 0x1.8p25f, 0x1p26f,
                                0x1p118f, 0x1.8p119f, 0x1p125f, 3.4e38f, INFINITY}) {
      // Alone in its row, so that a lost bit shows; in another, beside larger ones.
      std::vector<float> x = random_floats(m * k, 14, false), y(static_cast<size_t>(m * n));
      x[static_cast<size_t>((m - 1) * k + 36)] = extreme;
      std::fill_n(x.begin(), k, 0.0f);
      x[static_cast<size_t>(k / 2)] = extreme;
      const std::vector<float> expected = chains({x.data(), m, &w, nullptr, nullptr}, widened);
      for_each_route([&] {
        const std::vector<float> out = test::same_bits_everywhere([&] {
          gemm({x.data(), m, &w, nullptr, y.data()});
          return y;
        });
        CHECK(count_different(out, expected) == 0);
      });
    }
  }
}

TEST_CASE("gemm: nothing to do") {
  const PackedMatrix w = random_matrix(DType::kBF16, 5, 4, 11);
  gemm({nullptr, 0, &w, nullptr, nullptr});
  const PackedMatrix empty = pack_matrix(DType::kBF16, {}, 0, 4);
  const std::vector<float> x(4, 1.0f);
  gemm({x.data(), 1, &empty, nullptr, nullptr});
  const PackedMatrix no_inputs = pack_matrix(DType::kF8E4M3, {}, 3, 0);
  for (const int64_t m : {1, 50}) {
    std::vector<float> y(static_cast<size_t>(3 * m), NAN);
    gemm({nullptr, m, &no_inputs, nullptr, y.data()});
    CHECK(std::all_of(y.begin(), y.end(), [](float value) { return value == 0.0f; }));
  }
}

TEST_CASE("pack_matrix: panels hold the rows transposed, and nothing else") {
  for (const DType dtype : kDTypes) {
    for (const auto& [n, k] : {std::pair<int64_t, int64_t>{1, 1}, {16, 16}, {17, 37}, {50, 64}, {33, 130}}) {
      const std::vector<std::byte> rows = test::random_weights(dtype, n, k, 12);
      const PackedMatrix packed = pack_matrix(dtype, rows, n, k);
      const int64_t size = dtype_bits(dtype) / 8, panels = (n + kPanel - 1) / kPanel;
      REQUIRE(packed.panels.size() == static_cast<size_t>(panels * kPanel * k * size));
      CHECK(reinterpret_cast<uintptr_t>(packed.panels.data()) % 64 == 0);
      const std::vector<std::byte> zeros(static_cast<size_t>(size));
      int64_t wrong = 0;
      for (int64_t j = 0; j < panels * kPanel; ++j) {
        for (int64_t i = 0; i < k; ++i) {
          const std::byte* at = packed.panels.data() + ((j / kPanel * k + i) * kPanel + j % kPanel) * size;
          const std::byte* expected = j < n ? rows.data() + (j * k + i) * size : zeros.data();
          if (std::memcmp(at, expected, static_cast<size_t>(size)) != 0) ++wrong;
        }
      }
      INFO(dtype_name(dtype) << " " << n << "x" << k);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("pack_matrix: refuses wrong sizes, dtypes and NaN codes with what it expected") {
  const std::vector<std::byte> rows(8);
  CHECK_THROWS_WITH(pack_matrix(DType::kBF16, rows, 2, 3),
                    Catch::Contains("expected 12 bytes") && Catch::Contains("got 8"));
  CHECK_THROWS_WITH(pack_matrix(DType::kF64, rows, 1, 1), Catch::Contains("F64"));
  const std::vector<float> scales(3);
  CHECK_THROWS_WITH(pack_matrix(DType::kBF16, rows, 2, 2, scales), Catch::Contains("expected 2 scales, got 3"));
  std::vector<std::byte> nan(40 * 70);
  nan[39 * 70 + 68] = std::byte{0xFF};
  CHECK_THROWS_WITH(pack_matrix(DType::kF8E4M3, nan, 40, 70), Catch::Contains("NaN") && Catch::Contains("row 39"));
}

}  // namespace
}  // namespace fp8bench
