// The gated GELU between gate_up and down: bf16 is the activation, f8 the activation and the quantization of its
// rows in one pass, f8-steps one after the other.
#include "kernels/gelu_mul/gelu_mul.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/cases/checks.h"
#include "bench/cases/quantized_rows.h"
#include "kernels/gelu_mul/gelu_mul_quantize.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"width", Axis::Kind::kCount, "", "", 1, 1 << 17, "outputs of a row; it reads twice as many"},
    kTokensAxis,
    kInputAxis,
    kModeAxis,
    kBothSidesAxis,
};

GeluMulArgs gelu_args(const float* x, int64_t rows, int64_t width, float* y) {
  return {.gate = x, .up = x + width, .rows = rows, .width = width, .stride = 2 * width, .y = y};
}

// 1 + tanh cancels for negative gates: what counts is the size of the factors, not of the result.
double canonical_row(const RowSet& set, int64_t row, int64_t width, std::vector<float>& canonical) {
  canonical.resize(static_cast<size_t>(width));
  std::vector<float> exact(canonical.size());
  const float* x = set.x.data() + row * 2 * width;
  gelu_mul(gelu_args(x, 1, width, canonical.data()));
  gelu_mul_ref(gelu_args(x, 1, width, exact.data()));
  double worst = 0.0;
  for (int64_t c = 0; c < width; ++c) {
    const double size = std::fabs(static_cast<double>(x[c]) * x[width + c]);
    const double share =
        error_share(canonical[static_cast<size_t>(c)], exact[static_cast<size_t>(c)], 12.0 * 0x1p-24 * size + 1e-40);
    keep_worst(worst, share);
  }
  return worst;
}

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const int64_t width = spec.count("width"), rows = spec.count("tokens");
  const auto gelu = [rows, width](RowSet& set) { gelu_mul(gelu_args(set.x.data(), rows, width, set.y.data())); };
  const auto fused = [rows, width](RowSet& set) {
    gelu_mul_quantize(gelu_args(set.x.data(), rows, width, set.codes.data()),
                      {.codes = set.codes.data(), .scales = set.scales.data()});
  };
  RowOp op{.rows = rows, .in = 2 * width, .out = width, .contenders = {}};
  add_both_sides(op, {.alone = gelu,
                      .fused = fused,
                      .canonical_row =
                          [width](const RowSet& set, int64_t row, std::vector<float>& canonical) {
                            return canonical_row(set, row, width, canonical);
                          },
                      .bytes_per_row = 12.0 * static_cast<double>(width)});
  return build_row_op(spec, context, std::move(op));
}

}  // namespace

const Op kGeluMulOp{"gelu_mul", "gated GELU of [gate | up]; f8 quantizes its rows in the same pass, f8-steps behind it",
                    kAxes, build};

}  // namespace fp8bench
