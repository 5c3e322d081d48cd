// RMSNorm in front of a linear: bf16 is the norm, f8 the norm and the quantization of its rows in one pass,
// f8-steps one after the other.
#include "kernels/rmsnorm/rmsnorm.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"
#include "bench/cases/quantized_rows.h"
#include "kernels/rmsnorm/rmsnorm_quantize.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"width", Axis::Kind::kCount, "", "", 1, 1 << 17, "elements of a row"},
    kTokensAxis,
    kInputAxis,
    kModeAxis,
    kBothSidesAxis,
};

RmsNormArgs norm_args(const float* x, const std::vector<float>& weight, int64_t rows, float* y) {
  return {.x = x,
          .rows = rows,
          .width = static_cast<int64_t>(weight.size()),
          .weight = weight.data(),
          .eps = 1e-6f,
          .y = y};
}

// The row's norm in canonical bits, and its worst distance from the exact one: a chain of `width` roundings under a
// square root, then five more.
double canonical_row(const RowSet& set, int64_t row, const std::vector<float>& weight, std::vector<float>& canonical) {
  const int64_t width = static_cast<int64_t>(weight.size());
  canonical.resize(weight.size());
  std::vector<float> exact(weight.size());
  rmsnorm(norm_args(set.x.data() + row * width, weight, 1, canonical.data()));
  rmsnorm_ref(norm_args(set.x.data() + row * width, weight, 1, exact.data()));
  double worst = 0.0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double tolerance =
        (0.5 * static_cast<double>(width) + 6.0) * 0x1p-24 * std::fabs(static_cast<double>(exact[i])) + 1e-40;
    const double share = error_share(canonical[i], exact[i], tolerance);
    keep_worst(worst, share);
  }
  return worst;
}

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const int64_t width = spec.count("width"), rows = spec.count("tokens");
  const auto weight = std::make_shared<std::vector<float>>(make_inputs("uniform", 1, width, context.seed + 99));
  const auto norm = [weight, rows](RowSet& set) { rmsnorm(norm_args(set.x.data(), *weight, rows, set.y.data())); };
  const auto fused = [weight, rows](RowSet& set) {
    rmsnorm_quantize(norm_args(set.x.data(), *weight, rows, set.codes.data()),
                     {.codes = set.codes.data(), .scales = set.scales.data()});
  };
  RowOp op{.rows = rows, .in = width, .out = width, .contenders = {}};
  add_both_sides(op, {.alone = norm,
                      .fused = fused,
                      .canonical_row =
                          [weight](const RowSet& set, int64_t row, std::vector<float>& canonical) {
                            return canonical_row(set, row, *weight, canonical);
                          },
                      .bytes_per_row = 8.0 * static_cast<double>(width)});
  return build_row_op(spec, context, std::move(op));
}

}  // namespace

const Op kRmsNormOp{"rmsnorm", "root mean square norm of rows; f8 quantizes them in the same pass, f8-steps behind it",
                    kAxes, build};

}  // namespace fp8bench
