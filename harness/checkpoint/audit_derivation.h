// Rows against what the recipe makes of the source's rows (see audit_scan.h for what is collected).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "harness/checkpoint/audit_scan.h"

namespace fp8bench {

// Codes and scale of one row against the re-derivation from its weights. `scale` null: the checkpoint has none. True
// when equal.
bool compare_quantized_row(int64_t row, std::span<const uint16_t> weights, std::span<const uint8_t> codes,
                           const uint16_t* scale, std::vector<uint8_t>& buffer, TensorFacts& weight_facts,
                           Comparison& scale_comparison);
// True when the codes are those of the rule without the BF16 quotient step.
bool is_direct_f32_row(std::span<const uint16_t> weights, std::span<const uint8_t> codes, std::vector<uint8_t>& buffer);
void compare_copied_rows(int64_t first_row, const TensorInfo& tensor, std::span<const std::byte> found,
                         std::span<const std::byte> expected, Comparison& result);

}  // namespace fp8bench
