// FP8_DYNAMIC weights, bit for bit as llm-compressor's model_free_ptq(scheme="FP8_DYNAMIC") writes them
// (compressed-tensors NaiveQuantizationCompressor). Per output row of BF16 weights:
//   amax = max |w|;  scale = bf16(amax / 448), or 2^-7 (0x3C00) when that is 0;
//   code = e4m3(clamp(bf16(w / scale), -448, 448)), both roundings to nearest even. The BF16 quotient step is part of
//   the spec.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace fp8bench {

// What a derivation can differ in. kUpstream is the specification; the others exist to name what an audited checkpoint
// did.
enum class QuotientRule { kUpstream, kDirectF32 };

// One row: width BF16 weights -> width codes and the BF16 scale (returned). Vectorized; the same bits on every machine.
// Weights must be finite (the caller checks; see find_non_finite).
uint16_t quantize_row_fp8(std::span<const uint16_t> weights, std::span<uint8_t> codes,
                          QuotientRule rule = QuotientRule::kUpstream);
uint16_t row_scale_fp8(std::span<const uint16_t> weights);
// Column of the first NaN or infinity, or -1.
int64_t find_non_finite(std::span<const uint16_t> weights);

}  // namespace fp8bench
