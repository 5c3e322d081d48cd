// Rows of a planned tensor: from BF16 rows of the source to codes and scales, with the refusal of NaN and infinity.
#pragma once
#include <cstdint>
#include <span>

#include "harness/checkpoint/fp8_recipe.h"

namespace fp8bench {

// `weights` are rows first_row.. of `tensor` (a kCodes or kScales entry of the plan), width elements each. `codes` may
// be empty: only scales are wanted. Throws InputError that names the tensor, row and column of the first NaN or
// infinity.
void quantize_rows(const PlannedTensor& tensor, int64_t first_row, int64_t width, std::span<const uint16_t> weights,
                   std::span<uint8_t> codes, std::span<uint16_t> scales);

}  // namespace fp8bench
