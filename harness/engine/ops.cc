#include "harness/engine/ops.h"

#include <algorithm>
#include <cmath>

#include "harness/engine/elementwise.h"
#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/gemm/gemm.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/parallel.h"
#include "kernels/quantize/quantize.h"
#include "kernels/rmsnorm/rmsnorm.h"
#include "kernels/rope/rope.h"
#include "kernels/silu_mul/silu_mul.h"

namespace fp8bench {
namespace {

// A calibrated scale of a model whose activations reach +-22; what is larger saturates, what is smaller loses its bits.
constexpr float kFaultyStaticScale = 0.05f;

// The unit in the last place of what the policy keeps between ops, as float32 bits.
uint32_t last_place(Policy policy) { return policy == Policy::kF32 ? 1u : 0x10000u; }

}  // namespace

KvCacheLayer empty_cache(const LayerConfig& layer, KvDType dtype) {
  KvCacheLayer cache;
  cache.dtype = dtype;
  cache.kv_heads = layer.kv_heads;
  cache.head_dim = layer.head_dim;
  cache.keys.resize(static_cast<size_t>(layer.kv_heads));
  cache.values.resize(static_cast<size_t>(layer.kv_heads));
  return cache;
}

uint64_t first_token_key(uint64_t seed) { return mix64(seed); }

void token_keys(uint64_t& state, std::span<const int32_t> ids, uint64_t* keys) {
  for (size_t i = 0; i < ids.size(); ++i) {
    state = mix64(state ^ static_cast<uint64_t>(static_cast<uint32_t>(ids[i])));
    keys[i] = state;
  }
}

// Policy native rounds as bf16 does; only its linears run other kernels.
void Ops::round(const Rows& x) const {
  if (options_.policy != Policy::kF32) round_buffer_bf16(x.data, x.size());
}

Rows Ops::copy(const Rows& x) const {
  const Rows out = rows(x.rows, x.width);
  copy_rows(x, out);
  return out;
}

Rows Ops::norm(const Rows& x, const std::vector<float>& weight) const {
  const Rows out = rows(x.rows, x.width);
  const int64_t width = static_cast<int64_t>(weight.size());
  rmsnorm({.x = x.data,
           .rows = x.size() / width,
           .width = width,
           .weight = weight.data(),
           .eps = config_.rms_eps,
           .one_plus_weight = has_fault(EngineFault::kNormOnePlusWeight),
           .y = out.data});
  round(out);
  return out;
}

Rows Ops::rms(const Rows& x, int64_t width) const {
  const Rows out = rows(x.rows, x.width);
  rmsnorm({.x = x.data,
           .rows = x.size() / width,
           .width = width,
           .weight = nullptr,
           .eps = config_.rms_eps,
           .y = out.data});
  round(out);
  return out;
}

void Ops::rope(const Rows& x, int64_t head_dim, const std::vector<float>& inv_freq) const {
  fp8bench::rope({.x = x.data,
                  .tokens = x.rows,
                  .heads = x.width / head_dim,
                  .head_dim = head_dim,
                  .positions = rows_.positions,
                  .inv_freq = inv_freq});
  round(x);
}

bool Ops::takes_codes(const PackedMatrix& weight) const {
  if (options_.linear == LinearMode::kWeightsOnly) return false;
  return options_.linear == LinearMode::kActivationsOnly || weight.dtype == DType::kF8E4M3;
}

const uint64_t* Ops::site_keys(int64_t count, Site site, const uint64_t* keys) const {
  uint64_t* out = reinterpret_cast<uint64_t*>(workspace_.longs(count));
  const uint64_t here = mix64(static_cast<uint64_t>(layer_) * 64u + static_cast<uint64_t>(site));
  for (int64_t i = 0; i < count; ++i) out[i] = mix64(keys[i] ^ here);
  return out;
}

float Ops::static_activation_scale() const {
  return has_fault(EngineFault::kStaticActivationScale) ? kFaultyStaticScale : 0.0f;
}

E4M3Rounding Ops::activation_rounding() const {
  return has_fault(EngineFault::kTruncatingE4M3) ? E4M3Rounding::kTruncate : E4M3Rounding::kNearestEven;
}

LinearInput Ops::quantized_input(const Rows& x, Site site, bool perturbable, bool codes, const uint64_t* keys) const {
  LinearInput input{.plain = x, .codes = {}, .scales = nullptr};
  if (perturbable && keys != nullptr) {
    input.plain = copy(x);
    perturb_rows(input.plain, site_keys(x.rows, site, keys), last_place(options_.policy));
  }
  if (!codes) return input;
  float* scales = workspace_.floats(x.rows);
  input.codes = rows(x.rows, x.width);
  input.scales = scales;
  quantize_per_token({.x = input.plain.data,
                      .rows = x.rows,
                      .width = x.width,
                      .static_scale = static_activation_scale(),
                      .rounding = activation_rounding(),
                      .codes = input.codes.data,
                      .scales = scales});
  return input;
}

LinearInput Ops::input(const Rows& x, Site site, std::initializer_list<const PackedMatrix*> linears) const {
  bool codes = false, fp8 = false;
  for (const PackedMatrix* weight : linears) {
    codes = codes || (weight->n > 0 && takes_codes(*weight));
    fp8 = fp8 || (weight->n > 0 && weight->dtype == DType::kF8E4M3);
  }
  return quantized_input(x, site, codes || fp8, codes, rows_.keys);
}

// W8A8: ((sum of code products) * s_x) * s_w. Never dequantize and multiply: the products of codes are exact, those of
// dequantized values are not.
Rows Ops::linear(const LinearInput& x, const PackedMatrix& weight) const {
  const bool codes = takes_codes(weight);
  const Rows out = rows(x.plain.rows, weight.n);
  const GemmArgs args{.x = codes ? x.codes.data : x.plain.data,
                      .m = x.plain.rows,
                      .w = &weight,
                      .row_scales = codes ? x.scales : nullptr,
                      .y = out.data};
  options_.policy == Policy::kNative ? gemm_native(args) : gemm(args);
  round(out);
  return out;
}

Rows Ops::gated(const float* gate, const float* up, int64_t count, int64_t width, int64_t stride) const {
  const Rows out = rows(count, width);
  if (config_.activation == Activation::kSilu)
    silu_mul({.gate = gate, .up = up, .rows = count, .width = width, .stride = stride, .y = out.data});
  else
    gelu_mul({.gate = gate, .up = up, .rows = count, .width = width, .stride = stride, .y = out.data});
  round(out);
  return out;
}

Rows Ops::gated(const Rows& gate_up) const {
  const int64_t width = gate_up.width / 2;
  return gated(gate_up.data, gate_up.data + width, gate_up.rows, width, gate_up.width);
}

Rows Ops::gated(const Rows& gate, const float* up) const {
  return gated(gate.data, up, gate.rows, gate.width, gate.width);
}

Rows Ops::add(const Rows& a, const Rows& b) const {
  const Rows out = rows(a.rows, a.width);
  add_rows(a, b, out);
  round(out);
  return out;
}

void Ops::scale(const Rows& x, float factor) const {
  scale_all(x, factor);
  round(x);
}

void Ops::append_kv(const Rows& k, const Rows& v) const {
  // Pieces have caches of their own; a batch never holds two pieces of one sequence.
  int64_t last_wave = 0;
  for (const Piece& piece : rows_.pieces) last_wave = std::max(last_wave, piece.wave);
  for (int64_t wave = 0; wave <= last_wave; ++wave) {
    parallel_for(static_cast<int64_t>(rows_.pieces.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Piece& piece = rows_.pieces[static_cast<size_t>(i)];
        if (piece.wave != wave) continue;
        if (piece.parent != nullptr) kv_fork(*piece.parent, piece.first, piece.tokens, *piece.cache);
        kv_append(*piece.cache, k.row(piece.row), v.row(piece.row), piece.tokens);
      }
    });
  }
}

Rows Ops::attention(const Rows& q, const LayerConfig& layer) const {
  const Rows out = rows(q.rows, q.width);
  const int64_t window = config_.window + (has_fault(EngineFault::kWindowOffByOne) ? 1 : 0);
  std::vector<AttentionArgs> sequences;
  sequences.reserve(rows_.pieces.size());
  for (const Piece& piece : rows_.pieces)
    sequences.push_back({.q = q.row(piece.row),
                         .tokens = piece.tokens,
                         .first = piece.first,
                         .heads = config_.heads,
                         .cache = piece.cache,
                         .window = layer.sliding ? window : 0,
                         .scale = layer.attention_scale,
                         .out = out.row(piece.row)});
  attention_batch(sequences.data(), static_cast<int64_t>(sequences.size()));
  round(out);
  return out;
}

}  // namespace fp8bench
