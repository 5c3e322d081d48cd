// Qwen3-MoE: Llama's block with normed queries and keys, and experts in the MLP's place.
// Names and defaults: transformers' Qwen3MoeForCausalLM and Qwen3MoeConfig.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/config_parts.h"
#include "harness/checkpoint/tensor_rules.h"

namespace fp8bench {
namespace {

using L = LayerTensors;

constexpr std::array kVectors = {
    LayerVectorRule{"input_layernorm.weight", &L::input_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"post_attention_layernorm.weight", &L::pre_ffn_norm, Size::kHidden, When::kDense},
    LayerVectorRule{"post_attention_layernorm.weight", &L::pre_moe_norm, Size::kHidden, When::kMoe},
    LayerVectorRule{"self_attn.q_norm.weight", &L::q_norm, Size::kHeadDim, When::kAlways},
    LayerVectorRule{"self_attn.k_norm.weight", &L::k_norm, Size::kHeadDim, When::kAlways},
};

constexpr std::string_view kModelTypes[] = {"qwen3_moe"};
// sliding_window and max_window_layers act only with use_sliding_window.
constexpr std::string_view kHarmless[] = {"sliding_window", "max_window_layers"};

const TensorRules& tensors() {
  static const TensorRules rules = {kVectors, flat_decoder_linears(), flat_decoder_model(), {}, "mlp.experts."};
  return rules;
}

// num_local_experts is what transformers 5.17 writes in the place of num_experts.
int64_t parse_expert_count(JsonFields& fields) {
  const int64_t local = fields.integer_or("num_local_experts", 0, kMaxExperts, -1);
  const int64_t count = fields.integer_or("num_experts", 0, kMaxExperts, -1);
  if (local >= 0 && count >= 0 && local != count)
    fields.fail("num_experts", fmt::format("the {} of num_local_experts", local), fields.find("num_experts"));
  if (local >= 0 || count >= 0) return std::max(local, count);
  return 128;
}

void parse_experts(JsonFields& fields, ModelConfig& config) {
  const auto layers = static_cast<int64_t>(config.layers.size());
  const int64_t experts = parse_expert_count(fields);
  const int64_t step = fields.integer_or("decoder_sparse_step", 1, int64_t{1} << 31, 1);
  std::vector<bool> dense(config.layers.size(), experts == 0);
  for (int64_t l = 0; l < layers; ++l)
    if ((l + 1) % step != 0) dense[static_cast<size_t>(l)] = true;
  if (const nlohmann::json* only = fields.find("mlp_only_layers")) {
    if (!only->is_array()) fields.fail("mlp_only_layers", "a list of layers", only);
    for (const nlohmann::json& entry : *only) {
      const auto l = as_integer(entry, 0, kMaxLayers);
      if (!l) fields.fail("mlp_only_layers", fmt::format("layers from 0 to {}", layers - 1), &entry);
      if (*l < layers) dense[static_cast<size_t>(*l)] = true;  // a model cut short keeps its list
    }
  }
  bool any = false;
  for (size_t l = 0; l < dense.size(); ++l) {
    config.layers[l].moe = !dense[l];
    if (!dense[l]) config.layers[l].ffn = 0, any = true;
  }
  config.router_renormalised = fields.boolean_or("norm_topk_prob", false);
  if (!any) {  // all dense: read, so that they are known, and not judged
    for (const char* key : {"num_experts_per_tok", "moe_intermediate_size"}) fields.find(key);
    return;
  }
  config.experts = experts;
  config.top_k = fields.integer_or("num_experts_per_tok", 1, experts, std::min<int64_t>(8, experts));
  config.moe_ffn = fields.integer_or("moe_intermediate_size", 1, kMaxSize, 768);
}

ModelConfig parse(const nlohmann::json& file, const std::string& where) {
  JsonFields fields(file, where, "");
  ModelConfig config;
  parse_decoder(fields, {.kv_heads = 4, .ffn = 6144}, config);
  config.activation = parse_activation(fields, "hidden_act", Activation::kSilu);
  parse_experts(fields, config);
  const double theta = parse_rope_theta(fields);
  for (LayerConfig& layer : config.layers) layer.rope_theta = theta, layer.qk_norm = true;
  refuse_windows(fields);
  for (const std::string_view key : kHarmless) fields.find(std::string(key));
  fields.refuse_unknown(harmless_config_keys(), "it could change what the model computes");
  return config;
}

}  // namespace

extern const Architecture qwen3_moe_architecture;
const Architecture qwen3_moe_architecture = {"qwen3_moe", "Qwen3-MoE: experts in the MLP's place, softmax router, SiLU",
                                             kModelTypes, parse, tensors};

}  // namespace fp8bench
