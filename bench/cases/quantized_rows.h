// What an FP8 layer pays behind an op whose output feeds a linear: the op, then the quantization of its rows.
#pragma once
#include <functional>
#include <span>

#include "bench/cases/row_op.h"

namespace fp8bench {

// Quantizes set.y into set.codes and set.scales.
void quantize_set(RowSet& set, int64_t width);
// Codes and scales of `row` against the reference quantizer's of `canonical`, the op's exact bits: a specification, so
// nothing is allowed.
double judge_codes(const RowSet& set, int64_t row, std::span<const float> canonical);

}  // namespace fp8bench
