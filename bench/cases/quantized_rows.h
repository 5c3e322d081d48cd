// What an FP8 layer pays behind an op whose output feeds a linear: the op, then the quantization of its rows.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "bench/cases/row_op.h"

namespace fp8bench {

// Codes and scales of `row` against the reference quantizer's of `canonical`, the op's exact bits: a specification, so
// nothing is allowed.
double judge_codes(const RowSet& set, int64_t row, std::span<const float> canonical);

// The row's output in canonical bits, and its worst distance from the exact one in units of the tolerance.
using CanonicalRow = std::function<double(const RowSet& set, int64_t row, std::vector<float>& canonical)>;
// Contenders "bf16", the op alone; "f8", the op and the quantization of its rows in one pass, as the engine runs it;
// and "f8-steps", the same as two ops: all must have the canonical bits. `alone` writes set.y, `fused` set.codes and
// set.scales.
struct BothSides {
  std::function<void(RowSet&)> alone, fused;
  CanonicalRow canonical_row;
  double bytes_per_row = 0.0;  // what has to be read and written, by any of them
};
void add_both_sides(RowOp& op, const BothSides& sides);
inline constexpr Axis kBothSidesAxis{"contenders",
                                     Axis::Kind::kSet,
                                     "bf16,f8,f8-steps",
                                     "bf16|f8|f8-steps",
                                     0,
                                     0,
                                     "the op; with quantization in one pass; as two ops"};

}  // namespace fp8bench
