// Gemma 3, text: sandwich norms with weights 1 + w, sliding and full layers, each kind with its own rotation.
// Names and defaults: transformers' Gemma3ForCausalLM and Gemma3TextConfig.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/config_parts.h"
#include "harness/checkpoint/tensor_rules.h"

namespace fp8bench {
namespace {

using L = LayerTensors;

constexpr std::array kVectors = {
    LayerVectorRule{"input_layernorm.weight", &L::input_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"post_attention_layernorm.weight", &L::post_attention_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"pre_feedforward_layernorm.weight", &L::pre_ffn_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"post_feedforward_layernorm.weight", &L::post_ffn_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"self_attn.q_norm.weight", &L::q_norm, Size::kHeadDim, When::kAlways},
    LayerVectorRule{"self_attn.k_norm.weight", &L::k_norm, Size::kHeadDim, When::kAlways},
};

constexpr std::string_view kModelTypes[] = {"gemma3_text"};

const TensorRules& tensors() {
  static const TensorRules rules = {kVectors, flat_decoder_linears(), flat_decoder_model(), {}, ""};
  return rules;
}

void parse_windows(JsonFields& fields, ModelConfig& config) {
  const auto count = static_cast<int64_t>(config.layers.size());
  config.window = fields.integer_or("sliding_window", 1, int64_t{1} << 31, 4096);
  // transformers 5 writes the pattern with an underscore beside layer_types, and reads only the one without.
  const int64_t pattern = fields.integer_or("sliding_window_pattern", 1, kMaxLayers, 6);
  const int64_t written = fields.integer_or("_sliding_window_pattern", 1, kMaxLayers, pattern);
  const nlohmann::json* types = fields.find("layer_types");
  if (types == nullptr) {
    if (written != pattern)
      fields.fail("_sliding_window_pattern",
                  fmt::format("layer_types beside it, or the {} that transformers would assume", pattern),
                  fields.find("_sliding_window_pattern"));
    for (int64_t l = 0; l < count; ++l) config.layers[static_cast<size_t>(l)].sliding = (l + 1) % pattern != 0;
    return;
  }
  if (!types->is_array() || static_cast<int64_t>(types->size()) != count)
    fields.fail("layer_types", fmt::format("a list of num_hidden_layers = {} entries", count), types);
  for (size_t l = 0; l < types->size(); ++l) {
    const nlohmann::json& type = (*types)[l];
    config.layers[l].sliding = type == "sliding_attention";
    if (!config.layers[l].sliding && type != "full_attention")
      fields.fail("layer_types", "\"sliding_attention\" or \"full_attention\"", &type);
  }
}

double positive_or(JsonFields& fields, const std::string& key, double absent) {
  const double value = fields.number_or(key, absent);
  if (value <= 0.0) fields.fail(key, "a number above 0", fields.find(key));
  return value;
}

// One base for each kind of layer: in rope_parameters of newer files, else at the top level. rope_scaling, where older
// files have one, is that of the full layers.
void parse_rotations(JsonFields& fields, ModelConfig& config) {
  double full = positive_or(fields, "rope_theta", 1e6), sliding = positive_or(fields, "rope_local_base_freq", 1e4);
  if (const nlohmann::json* rope = fields.find("rope_parameters")) {
    JsonFields kinds(*rope, fields.where(), fields.name_of("rope_parameters"));
    for (const auto& [kind, theta] : {std::pair{"full_attention", &full}, std::pair{"sliding_attention", &sliding}})
      if (const nlohmann::json* one = kinds.find(kind))
        *theta = parse_plain_rope(JsonFields(*one, fields.where(), kinds.name_of(kind)), *theta);
    kinds.refuse_unknown({}, "only the two kinds of layers have one");
  }
  if (const nlohmann::json* scaling = fields.find("rope_scaling"))
    full = parse_plain_rope(JsonFields(*scaling, fields.where(), fields.name_of("rope_scaling")), full);
  for (LayerConfig& layer : config.layers) layer.rope_theta = layer.sliding ? sliding : full;
}

ModelConfig parse(const nlohmann::json& file, const std::string& where) {
  JsonFields fields(file, where, "");
  ModelConfig config;
  parse_decoder(fields, {.kv_heads = 4, .head_dim = 256, .tied_head = true, .bos = 2, .eos = 1, .pad = 0}, config);
  config.activation = parse_activation(fields, "hidden_activation", Activation::kGeluTanh);
  config.softcap = parse_softcap(fields);
  config.norm_plus_one = true;
  config.embed_scale = sqrt_in_bf16(config.hidden);
  const double scalar = positive_or(fields, "query_pre_attn_scalar", 256.0);
  for (LayerConfig& layer : config.layers) {
    layer.qk_norm = layer.output_norms = true;
    layer.attention_scale = static_cast<float>(1.0 / std::sqrt(scalar));
  }
  parse_windows(fields, config);
  parse_rotations(fields, config);
  fields.expect_boolean("use_bidirectional_attention", false, true);
  fields.find("attn_logit_softcapping");  // of Gemma 2: no version of transformers applies it in Gemma 3
  fields.refuse_unknown(harmless_config_keys(), "it could change what the model computes");
  return config;
}

}  // namespace

extern const Architecture gemma3_architecture;
const Architecture gemma3_architecture = {"gemma3", "Gemma 3, text: dense, norms of 1 + w around every block, GELU",
                                          kModelTypes, parse, tensors};

}  // namespace fp8bench
