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
// Contenders "bf16", the op, and "f8", the op and the quantization of its rows: both must have the canonical bits.
void add_both_sides(RowOp& op, const std::function<void(RowSet& set)>& run, const CanonicalRow& canonical_row,
                    double bytes_per_row);

}  // namespace fp8bench
