#include "kernels/quantize/quantize_behind.h"

#include <algorithm>

#include "kernel_testing.h"
#include "kernels/gelu_mul/gelu_mul_quantize.h"
#include "kernels/rmsnorm/rmsnorm_quantize.h"
#include "kernels/silu_mul/silu_mul_quantize.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

constexpr std::pair<int64_t, int64_t> kShapes[] = {{0, 4},  {1, 1},     {1, 2816}, {2, 704},
                                                   {7, 33}, {13, 2816}, {8, 64},   {100, 130}};

struct Result {
  std::vector<float> made, codes, scales;
};

// What follows the op, as calls of their own.
void finish(Result& r, int64_t rows, const RowCodes& options) {
  r.codes.resize(r.made.size());
  r.scales.resize(static_cast<size_t>(rows));
  if (options.bf16) round_buffer_bf16(r.made.data(), static_cast<int64_t>(r.made.size()));
  quantize_per_token({.x = r.made.data(),
                      .rows = rows,
                      .width = rows == 0 ? 1 : static_cast<int64_t>(r.made.size()) / rows,
                      .static_scale = options.static_scale,
                      .rounding = options.rounding,
                      .codes = r.codes.data(),
                      .scales = r.scales.data()});
}

// `fused` writes its rows to y; `expected` comes from the separate calls.
template <typename Fused>
void check_same(const Result& expected, RowCodes options, const Fused& fused) {
  std::vector<float> made(expected.made.size()), scales(expected.scales.size());
  const std::vector<float> codes = test::same_bits_everywhere([&] {
    std::vector<float> out(made.size());
    options.codes = out.data();
    options.scales = scales.data();
    fused(made.data(), options);
    return out;
  });
  CHECK(count_different(codes, expected.codes) == 0);
  CHECK(count_different(scales, expected.scales) == 0);
  CHECK(count_different(made, expected.made) == 0);
  options.codes = made.data();  // the codes take the rows' place
  fused(made.data(), options);
  CHECK(count_different(made, expected.codes) == 0);
  // Another row's scale is another result: the comparison is not blind.
  if (scales.size() > 1 && options.static_scale == 0.0f)
    CHECK(count_different(scales, std::vector<float>(scales.size(), scales[0])) > 0);
}

std::vector<RowCodes> variants() {
  std::vector<RowCodes> all(4);
  all[1].bf16 = true;
  all[2].static_scale = 0.05f;
  all[3].rounding = E4M3Rounding::kTruncate;
  return all;
}

}  // namespace

TEST_CASE("rmsnorm_quantize: the bits of the ops one after the other, on every set and thread count") {
  for (const auto& [rows, width] : kShapes) {
    const std::vector<float> x = random_floats(rows * width, 1), weight = random_floats(width, 2, false);
    RmsNormArgs norm{.x = x.data(), .rows = rows, .width = width, .weight = weight.data(), .eps = 1e-6f};
    for (const RowCodes& options : variants()) {
      INFO(rows << "x" << width << (options.bf16 ? " bf16" : ""));
      Result expected;
      expected.made.resize(x.size());
      norm.y = expected.made.data();
      rmsnorm(norm);
      finish(expected, rows, options);
      check_same(expected, options, [&](float* y, const RowCodes& out) {
        norm.y = y;
        rmsnorm_quantize(norm, out);
      });
    }
  }
}

TEST_CASE("gelu_mul_quantize: the bits of the ops one after the other, on every set and thread count") {
  for (const auto& [rows, width] : kShapes) {
    const std::vector<float> x = random_floats(rows * 2 * width, 3);
    GeluMulArgs gelu{.gate = x.data(), .up = x.data() + width, .rows = rows, .width = width, .stride = 2 * width};
    for (const RowCodes& options : variants()) {
      INFO(rows << "x" << width << (options.bf16 ? " bf16" : ""));
      Result expected;
      expected.made.resize(static_cast<size_t>(rows * width));
      gelu.y = expected.made.data();
      gelu_mul(gelu);
      finish(expected, rows, options);
      check_same(expected, options, [&](float* y, const RowCodes& out) {
        gelu.y = y;
        gelu_mul_quantize(gelu, out);
      });
    }
  }
}

TEST_CASE("silu_mul_quantize: the bits of the ops one after the other, on every set and thread count") {
  for (const auto& [rows, width] : kShapes) {
    const std::vector<float> x = random_floats(rows * 2 * width, 3);
    SiluMulArgs silu{.gate = x.data(), .up = x.data() + width, .rows = rows, .width = width, .stride = 2 * width};
    for (const RowCodes& options : variants()) {
      INFO(rows << "x" << width << (options.bf16 ? " bf16" : ""));
      Result expected;
      expected.made.resize(static_cast<size_t>(rows * width));
      silu.y = expected.made.data();
      silu_mul(silu);
      finish(expected, rows, options);
      check_same(expected, options, [&](float* y, const RowCodes& out) {
        silu.y = y;
        silu_mul_quantize(silu, out);
      });
    }
  }
}

}  // namespace fp8bench
