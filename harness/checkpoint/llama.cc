// Llama and what is written in its form (SmolLM2): pre-norm decoder, grouped heads, SiLU, one rotation.
// Names and defaults: transformers' LlamaForCausalLM and LlamaConfig.
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
    // Its name says where it stands, not what it norms: the input of the MLP.
    LayerVectorRule{"post_attention_layernorm.weight", &L::pre_ffn_norm, Size::kHidden, When::kAlways},
};

constexpr std::string_view kModelTypes[] = {"llama"};
// Of SmolLM2's and older files; none is read by transformers' forward pass (pretraining_tp only cut sums in pieces).
constexpr std::string_view kHarmless[] = {"is_llama_config", "pretraining_tp"};

const TensorRules& tensors() {
  static const TensorRules rules = {kVectors, flat_decoder_linears(), flat_decoder_model(), {}, ""};
  return rules;
}

ModelConfig parse(const nlohmann::json& file, const std::string& where) {
  JsonFields fields(file, where, "");
  ModelConfig config;
  parse_decoder(fields, {.bos = 1, .eos = 2}, config);
  config.activation = parse_activation(fields, "hidden_act", Activation::kSilu);
  const double theta = parse_rope_theta(fields);
  for (LayerConfig& layer : config.layers) layer.rope_theta = theta;
  refuse_windows(fields);
  for (const std::string_view key : kHarmless) fields.find(std::string(key));
  fields.refuse_unknown(harmless_config_keys(), "it could change what the model computes");
  return config;
}

}  // namespace

extern const Architecture llama_architecture;
const Architecture llama_architecture = {"llama", "Llama, SmolLM2: dense, pre-norm, SiLU", kModelTypes, parse, tensors};

}  // namespace fp8bench
