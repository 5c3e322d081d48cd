#include "harness/checkpoint/synthetic_weights.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "kernels/bf16.h"

namespace fp8bench {
namespace {

using Kind = WeightStyle::Kind;

// A sum of four uniform 16-bit numbers: close to a normal distribution up to 3.4 standard deviations.
constexpr int32_t kSumMean = 2 * 65535;
constexpr float kSumDeviation = 37837.2f;  // sqrt(4 / 12) * 65536

uint64_t mix(uint64_t x) {  // the finalizer of splitmix64
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// 0 to 4 * 65535. Two keys, so that no row is a shifted copy of another.
inline int32_t normal_sum(uint32_t column, uint32_t key_a, uint32_t key_b) {
  uint32_t x = column * 0x9E3779B9u + key_a;
  x ^= x >> 16;
  x = x * 0x7FEB352Du + key_b;
  x ^= x >> 15;
  const uint32_t y = x * 0x846CA68Bu;
  const uint32_t z = y ^ (y >> 16);
  return static_cast<int32_t>((x & 0xFFFFu) + (x >> 16) + (z & 0xFFFFu) + (z >> 16));
}

inline float normal_value(uint32_t column, uint64_t row_key, float scale) {
  return static_cast<float>(normal_sum(column, static_cast<uint32_t>(row_key), static_cast<uint32_t>(row_key >> 32)) -
                            kSumMean) *
         scale;
}

// About a standard normal number.
float normal(uint64_t key) { return normal_value(0, mix(key), 1.0f / kSumDeviation); }

// 0 <= u < 1, with 24 bits.
float uniform(uint64_t key) { return static_cast<float>(mix(key) >> 40) * 0x1p-24f; }

// 2^x, linear between powers of two: monotonic, and exactly the same everywhere.
float power_of_two(float x) { return std::bit_cast<float>(static_cast<int32_t>((x + 127.0f) * 0x1p23f)); }

// The conversion written so that the compiler vectorizes it; no NaN can occur here.
inline uint16_t to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

struct Outlier {
  int64_t column;
  float gain;
};

// About one column in 512 stands out by 2 to 6.
std::vector<Outlier> outlier_columns(uint64_t key, int64_t columns) {
  std::vector<Outlier> outliers;
  for (int64_t i = 0; i < std::max<int64_t>(1, columns / 512); ++i) {
    const uint64_t h = mix(key ^ (0xC01u + static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15u));
    outliers.push_back({static_cast<int64_t>(h % static_cast<uint64_t>(columns)), 2.0f + 4.0f * uniform(h)});
  }
  return outliers;
}

void fill_matrix_row(uint64_t row_key, float scale, std::span<uint16_t> row) {
  const auto key_a = static_cast<uint32_t>(row_key), key_b = static_cast<uint32_t>(row_key >> 32);
  const auto columns = static_cast<uint32_t>(row.size());
  uint16_t* out = row.data();
  for (uint32_t c = 0; c < columns; ++c)
    out[c] = to_bf16(static_cast<float>(normal_sum(c, key_a, key_b) - kSumMean) * scale);
}

void fill_matrix(const SyntheticRows& where, const WeightStyle& style, std::span<uint16_t> out) {
  const std::vector<Outlier> columns = outlier_columns(where.key, where.columns);
  const auto width = static_cast<size_t>(where.columns);
  for (size_t r = 0; r * width < out.size(); ++r) {
    const auto row = out.subspan(r * width, width);
    const uint64_t row_key = mix(where.key + (static_cast<uint64_t>(where.row_begin) + r + 1) * 0x9E3779B97F4A7C15u);
    const float scale = style.scale / kSumDeviation * power_of_two(style.spread * normal(row_key ^ 0x5CA1Eu));
    fill_matrix_row(row_key, scale, row);
    for (const Outlier& outlier : columns)
      row[static_cast<size_t>(outlier.column)] =
          to_bf16(normal_value(static_cast<uint32_t>(outlier.column), row_key, scale) * outlier.gain);
    // every fourth row has one element of 5 to 12 standard deviations
    const uint64_t h = mix(row_key ^ 0x0E1E4Eu);
    if ((h & 3u) == 0)
      row[(h >> 2) % width] =
          to_bf16(scale * kSumDeviation * (5.0f + 7.0f * uniform(h)) * ((h >> 40) & 1u ? 1.0f : -1.0f));
  }
}

void fill_norm(const SyntheticRows& where, const WeightStyle& style, std::span<uint16_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const uint64_t key =
        mix(where.key + (static_cast<uint64_t>(where.row_begin) * out.size() + i + 1) * 0x9E3779B97F4A7C15u);
    const float size = style.scale * power_of_two(style.spread * normal(key));
    out[i] = to_bf16(uniform(key ^ 0x516Eu) < style.negative_share ? -size : size);
  }
  if (!style.stream_outliers) return;
  const uint64_t stream = mix(where.seed ^ 0x57EA3u);  // not the tensor's key: all layers agree on these channels
  for (const Outlier& outlier : outlier_columns(stream, static_cast<int64_t>(out.size()))) {
    uint16_t& element = out[static_cast<size_t>(outlier.column)];
    element = to_bf16(bf16_to_f32(element) * (1.0f + outlier.gain));
  }
}

void fill_uniform(const SyntheticRows& where, const WeightStyle& style, std::span<uint16_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const float u =
        uniform(where.key + (static_cast<uint64_t>(where.row_begin) * out.size() + i + 1) * 0x9E3779B97F4A7C15u);
    out[i] = to_bf16(style.scale + (style.spread - style.scale) * u);
  }
}

// What a tensor is like, by the end of its name. Matrices that are not listed are linears: 1/sqrt(inputs), so that an
// input of size 1 gives an output of size 1.
struct NamedStyle {
  std::string_view suffix;
  WeightStyle style;
};
constexpr std::array kStyles = {
    // What a block adds is set by its last norm. With these sizes and layer_scalar the stream stays near 1, and a layer
    // replaces a tenth of it: random blocks amplify rounding errors, and larger steps end in chaos after 30 layers.
    NamedStyle{"post_attention_layernorm.weight", {Kind::kNorm, 0.25f, 0.4f, 0.08f, true}},
    NamedStyle{"post_feedforward_layernorm.weight", {Kind::kNorm, 0.12f, 0.4f, 0.08f, true}},
    NamedStyle{"post_per_layer_input_norm.weight", {Kind::kNorm, 0.08f, 0.4f, 0.08f, true}},
    NamedStyle{"input_layernorm.weight", {Kind::kNorm, 0.8f, 0.5f, 0.04f, false}},
    NamedStyle{"pre_feedforward_layernorm.weight", {Kind::kNorm, 0.8f, 0.5f, 0.04f, false}},
    NamedStyle{"pre_feedforward_layernorm_2.weight", {Kind::kNorm, 0.8f, 0.5f, 0.04f, false}},
    NamedStyle{"post_feedforward_layernorm_1.weight", {Kind::kNorm, 0.8f, 0.4f, 0.08f, false}},
    NamedStyle{"post_feedforward_layernorm_2.weight", {Kind::kNorm, 0.8f, 0.4f, 0.08f, false}},
    NamedStyle{"per_layer_projection_norm.weight", {Kind::kNorm, 0.8f, 0.3f, 0.04f, false}},
    NamedStyle{"q_norm.weight", {Kind::kNorm, 1.0f, 0.15f, 0.0f, false}},
    NamedStyle{"k_norm.weight", {Kind::kNorm, 1.0f, 0.15f, 0.0f, false}},  // over sqrt(head_dim): scores of about 1
    // random signs: else the tied embedding makes every token predict itself; 1.7: logits of about 2, far from the
    // softcap
    NamedStyle{"norm.weight", {Kind::kNorm, 1.7f, 0.3f, 0.5f, false}},
    NamedStyle{"layer_scalar", {Kind::kUniform, 0.93f, 0.98f, 0.0f, false}},
    NamedStyle{"router.scale", {Kind::kUniform, 0.6f, 1.5f, 0.0f, false}},
    NamedStyle{"router.per_expert_scale", {Kind::kUniform, 0.5f, 1.5f, 0.0f, false}},
    NamedStyle{"router.proj.weight",
               {Kind::kMatrix, 1.5f, 0.2f, 0.0f, false}},  // its input has been divided by sqrt(hidden)
};

}  // namespace

WeightStyle weight_style(std::string_view suffix, int64_t inputs, int64_t head_dim, float embed_scale,
                         float ple_scale) {
  if (suffix == "embed_tokens.weight") return {Kind::kMatrix, 1.0f / embed_scale, 0.25f, 0.0f, false};
  if (suffix == "embed_tokens_per_layer.weight") return {Kind::kMatrix, 1.0f / ple_scale, 0.25f, 0.0f, false};
  for (const NamedStyle& named : kStyles) {
    if (!suffix.ends_with(named.suffix)) continue;
    WeightStyle style = named.style;
    if (named.suffix == "k_norm.weight") style.scale /= static_cast<float>(std::sqrt(static_cast<double>(head_dim)));
    return style;
  }
  return {Kind::kMatrix, static_cast<float>(1.0 / std::sqrt(static_cast<double>(inputs))), 0.45f, 0.0f, false};
}

void fill_synthetic_rows(const SyntheticRows& where, const WeightStyle& style, std::span<uint16_t> out) {
  switch (style.kind) {
    case Kind::kMatrix:
      return fill_matrix(where, style, out);
    case Kind::kNorm:
      return fill_norm(where, style, out);
    case Kind::kUniform:
      return fill_uniform(where, style, out);
  }
}

uint64_t synthetic_key(uint64_t seed, std::string_view tensor_name) {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : tensor_name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return mix(hash ^ mix(seed));
}

}  // namespace fp8bench
