#include "bench/cases/quantized_rows.h"

#include <algorithm>

#include "bench/cases/checks.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {

namespace {

// Quantizes set.y into set.codes and set.scales.
void quantize_set(RowSet& set, int64_t width) {
  quantize_per_token({.x = set.y.data(),
                      .rows = static_cast<int64_t>(set.scales.size()),
                      .width = width,
                      .codes = set.codes.data(),
                      .scales = set.scales.data()});
}

}  // namespace

double judge_codes(const RowSet& set, int64_t row, std::span<const float> canonical) {
  const size_t width = canonical.size();
  std::vector<float> codes(width);
  float scale = 0.0f;
  quantize_per_token_ref({.x = canonical.data(),
                          .rows = 1,
                          .width = static_cast<int64_t>(width),
                          .codes = codes.data(),
                          .scales = &scale});
  const std::span<const float> found = std::span(set.codes).subspan(static_cast<size_t>(row) * width, width);
  return std::max(differing(found, codes),
                  differing(std::span(&set.scales[static_cast<size_t>(row)], 1), std::span(&scale, 1)));
}

void add_both_sides(RowOp& op, const BothSides& sides) {
  const int64_t width = op.out;
  const CanonicalRow canonical_row = sides.canonical_row;
  const auto judge_rows = [canonical_row, width](const RowSet& set, int64_t row) {
    std::vector<float> canonical;
    const double worst = canonical_row(set, row, canonical);
    const auto found = std::span(set.y).subspan(static_cast<size_t>(row * width), canonical.size());
    return std::max(worst, differing(found, canonical));
  };
  const auto judge_quantized = [canonical_row](const RowSet& set, int64_t row) {
    std::vector<float> canonical;
    const double worst = canonical_row(set, row, canonical);
    return std::max(worst, judge_codes(set, row, canonical));
  };
  const auto steps = [alone = sides.alone, width](RowSet& set) {
    alone(set);
    quantize_set(set, width);
  };
  const double bytes = sides.bytes_per_row;
  op.contenders.push_back({.name = "bf16", .run = sides.alone, .judge = judge_rows, .bytes_per_row = bytes});
  op.contenders.push_back({.name = "f8", .run = sides.fused, .judge = judge_quantized, .bytes_per_row = bytes});
  op.contenders.push_back({.name = "f8-steps", .run = steps, .judge = judge_quantized, .bytes_per_row = bytes});
}

}  // namespace fp8bench
