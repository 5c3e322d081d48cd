// Weights out of nothing: every element is a function of (seed, tensor name, row, column), so that any part of any
// tensor can be made at any time, on any machine, with the same bits. Integer hashes and single float operations only:
// no library function whose last bit differs between systems.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

// The statistics of one tensor. They imitate trained models where that matters to FP8: the size of rows varies
// (log-normal), a few input columns and single elements stand out, norms are neither 1 nor all positive, and the stream
// keeps its size through every layer.
struct WeightStyle {
  enum class Kind { kMatrix, kNorm, kUniform };
  Kind kind = Kind::kMatrix;
  float scale = 1.0f;   // kMatrix: standard deviation of an element; kNorm: the median size; kUniform: the lowest value
  float spread = 0.0f;  // kMatrix: of rows, kNorm: of elements, in powers of two; kUniform: the highest value
  float negative_share = 0.0f;   // kNorm
  bool stream_outliers = false;  // kNorm: the channels in which the residual stream stands out, the same in all layers
};

// `suffix` is the tensor's name behind its layer ("self_attn.q_proj.weight"); `inputs` the width of a row.
WeightStyle weight_style(std::string_view suffix, int64_t inputs, int64_t head_dim, float embed_scale, float ple_scale);

// Rows row_begin.. of a (rows, columns) tensor in BF16. `seed` is the model's, `key` identifies the tensor.
struct SyntheticRows {
  uint64_t seed = 0, key = 0;
  int64_t columns = 0;
  int64_t row_begin = 0;
};
void fill_synthetic_rows(const SyntheticRows& where, const WeightStyle& style, std::span<uint16_t> out);

uint64_t synthetic_key(uint64_t seed, std::string_view tensor_name);

}  // namespace fp8bench
