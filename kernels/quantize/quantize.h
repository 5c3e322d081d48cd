// Per-token dynamic FP8 quantization of activations, as vLLM's dynamic_per_token_scaled_fp8_quant:
//   s = max(amax / 448, 1 / (448 * 512)) in float32;  q = e4m3(clamp(x / s, -448, 448)), a true division, RNE.
// The codes are returned as their exact float32 values, which is what the canonical GEMM consumes.
#pragma once
#include <cstdint>

namespace fp8bench {

enum class E4M3Rounding { kNearestEven, kTruncate };  // kTruncate exists as an engine fault only

struct QuantizeArgs {
  const float* x = nullptr;  // (rows, width)
  int64_t rows = 0, width = 0;
  float static_scale = 0.0f;  // > 0: this scale for every row instead of the dynamic one (an engine fault)
  E4M3Rounding rounding = E4M3Rounding::kNearestEven;
  float* codes = nullptr;   // (rows, width) values of the codes; may be x
  float* scales = nullptr;  // (rows)
};

void quantize_per_token(const QuantizeArgs& args);
void quantize_per_token_ref(const QuantizeArgs& args);  // scalar, straight from the formula

// E4M3 and BF16 rounding of a whole buffer, for KV caches and the bf16 policy; in place.
void round_buffer_bf16(float* x, int64_t count);
void round_buffer_e4m3(float* x, int64_t count);  // saturating, scale 1.0

}  // namespace fp8bench
