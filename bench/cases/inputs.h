// Seeded activations by distribution, and what FP8_DYNAMIC makes of them.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fp8bench {

// (rows, width). normal: mean 0, variance 1; uniform: [-1, 1); zeros; outliers: normal, with one channel in 128 fifty
// times as large and one element in 64 eight times, as the residual stream of trained models has them. Integer hashes
// and single float operations only: the same bits everywhere.
std::vector<float> make_inputs(std::string_view distribution, int64_t rows, int64_t width, uint64_t seed);

// Codes (as float32 values) and scales by the reference quantizer.
struct QuantizedInputs {
  std::vector<float> codes, scales;
  QuantizedInputs() = default;
  QuantizedInputs(std::span<const float> x, int64_t width);
};
double zero_share(std::span<const float> codes);

}  // namespace fp8bench
