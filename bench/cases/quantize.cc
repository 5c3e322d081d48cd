// Dynamic quantization per token, alone: the step that FP8 adds to every linear.
#include "kernels/quantize/quantize.h"

#include <algorithm>
#include <array>

#include "bench/cases/checks.h"
#include "bench/cases/inputs.h"
#include "bench/cases/quantized_rows.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"width", Axis::Kind::kCount, "", "", 1, 1 << 17, "elements of a row"}, kTokensAxis, kInputAxis, kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "f8", "f8", 0, 0, "who takes part"},
};

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const int64_t width = spec.count("width"), rows = spec.count("tokens");
  const std::vector<float> sample = make_inputs(spec.choice("input"), std::min<int64_t>(rows, 8), width, context.seed);
  RowOp op{.rows = rows, .in = width, .out = width, .contenders = {}};
  op.contenders.push_back(
      {.name = "f8",
       .run =
           [rows, width](RowSet& set) {
             quantize_per_token({.x = set.x.data(),
                                 .rows = rows,
                                 .width = width,
                                 .codes = set.codes.data(),
                                 .scales = set.scales.data()});
           },
       .judge =
           [width](const RowSet& set, int64_t row) {
             return judge_codes(set, row,
                                std::span(set.x).subspan(static_cast<size_t>(row * width), static_cast<size_t>(width)));
           },
       .bytes_per_row = 8.0 * static_cast<double>(width),
       .zero_share = zero_share(QuantizedInputs(sample, width).codes)});
  return build_row_op(spec, context, std::move(op));
}

}  // namespace

const Op kQuantizeOp{"quantize", "E4M3 codes and a scale for every row", kAxes, build};

}  // namespace fp8bench
