// Rotary embedding, split halves (NeoX): pair (i, i + width/2) is rotated by position * inv_freq[i];
// out = [x1 cos - x2 sin, x2 cos + x1 sin]. inv_freq[i] = 0 leaves the pair unrotated (Gemma 4's full layers rotate a
// quarter: inv_freq[i] = theta^(-2i/head_dim) for i < partial * head_dim / 2, the exponent divides by head_dim).
// Canonical: angle in float32 as transformers computes it (float32(position) * float32(inv_freq)), cos and sin our own
// in double, rounded to float32; each product and sum rounded to float32 (no fma).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace fp8bench {

// float32 inverse frequencies (head_dim / 2). `rotated` = how many pairs rotate; the rest are 0.
std::vector<float> rope_inv_freq(double theta, int64_t head_dim, int64_t rotated);

struct RopeArgs {
  float* x = nullptr;  // (tokens, heads, head_dim), in place
  int64_t tokens = 0, heads = 0, head_dim = 0;
  const int32_t* positions = nullptr;  // (tokens)
  std::span<const float> inv_freq;     // head_dim / 2
};

void rope(const RopeArgs& args);
void rope_ref(const RopeArgs& args);  // double, angle as in rope()

}  // namespace fp8bench
