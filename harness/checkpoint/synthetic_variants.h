// The shapes that `synth:VARIANT` can take: the published Gemma 4 models, and a tiny one for tests.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fp8bench {

struct SyntheticVariant {
  std::string_view name;
  std::string_view outer_type, text_type;    // model_type of config.json and of its text_config
  int64_t hidden, layers, period;            // every period-th layer has full attention
  int64_t heads, kv_heads, global_kv_heads;  // 0: as sliding layers
  int64_t head_dim, global_head_dim;
  int64_t ffn, window, vocab, context;
  bool k_eq_v;
  int64_t ple, kv_shared;  // per-layer embeddings; layers that share K and V (with double-wide MLPs)
  bool double_wide;
  int64_t experts, top_k, moe_ffn;  // 0: no experts
};

std::span<const SyntheticVariant> synthetic_variants();

// config.json of the first `layers` layers, in the form of the published files, without vision or audio.
std::string synthetic_config(const SyntheticVariant& variant, int64_t layers);

}  // namespace fp8bench
