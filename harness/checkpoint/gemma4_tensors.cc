// Names: transformers' Gemma4ForConditionalGeneration, below "model.language_model." (or "model." in text-only
// checkpoints).
#include "harness/checkpoint/gemma4_tensors.h"

#include <array>

namespace fp8bench {
namespace {

using L = LayerTensors;

constexpr std::array kVectors = {
    LayerVectorRule{"input_layernorm.weight", &L::input_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"post_attention_layernorm.weight", &L::post_attention_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"pre_feedforward_layernorm.weight", &L::pre_ffn_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"post_feedforward_layernorm.weight", &L::post_ffn_norm, Size::kHidden, When::kAlways},
    LayerVectorRule{"pre_feedforward_layernorm_2.weight", &L::pre_moe_norm, Size::kHidden, When::kMoe},
    LayerVectorRule{"post_feedforward_layernorm_1.weight", &L::post_dense_norm, Size::kHidden, When::kMoe},
    LayerVectorRule{"post_feedforward_layernorm_2.weight", &L::post_moe_norm, Size::kHidden, When::kMoe},
    LayerVectorRule{"self_attn.q_norm.weight", &L::q_norm, Size::kHeadDim, When::kAlways},
    LayerVectorRule{"self_attn.k_norm.weight", &L::k_norm, Size::kHeadDim, When::kOwnK},
    LayerVectorRule{"router.scale", &L::router_scale, Size::kHidden, When::kMoe},
    LayerVectorRule{"router.per_expert_scale", &L::per_expert_scale, Size::kExperts, When::kMoe},
    LayerVectorRule{"post_per_layer_input_norm.weight", &L::ple_norm, Size::kHidden, When::kPle},
    LayerVectorRule{"layer_scalar", &L::layer_scalar, Size::kOne, When::kAlways},
};

constexpr std::array kLinears = {
    LayerLinearRule{"self_attn.q_proj", &L::q, Size::kQ, Size::kHidden, When::kAlways, true},
    LayerLinearRule{"self_attn.k_proj", &L::k, Size::kKv, Size::kHidden, When::kOwnK, true},
    LayerLinearRule{"self_attn.v_proj", &L::v, Size::kKv, Size::kHidden, When::kOwnV, true},
    LayerLinearRule{"self_attn.o_proj", &L::o, Size::kHidden, Size::kQ, When::kAlways, true},
    LayerLinearRule{"mlp.gate_proj", &L::gate, Size::kFfn, Size::kHidden, When::kAlways, true},
    LayerLinearRule{"mlp.up_proj", &L::up, Size::kFfn, Size::kHidden, When::kAlways, true},
    LayerLinearRule{"mlp.down_proj", &L::down, Size::kHidden, Size::kFfn, When::kAlways, true},
    LayerLinearRule{"router.proj", &L::router, Size::kExperts, Size::kHidden, When::kMoe, false},
    LayerLinearRule{"per_layer_input_gate", &L::ple_gate, Size::kPle, Size::kHidden, When::kPle, true},
    LayerLinearRule{"per_layer_projection", &L::ple_projection, Size::kHidden, Size::kPle, When::kPle, true},
};

constexpr std::array kSkips = {
    SkipRule{"model.vision_tower.", TensorClass::kVision},    SkipRule{"model.embed_vision.", TensorClass::kVision},
    SkipRule{"model.vision_embedder.", TensorClass::kVision}, SkipRule{"model.audio_tower.", TensorClass::kAudio},
    SkipRule{"model.embed_audio.", TensorClass::kAudio},
};

}  // namespace

std::span<const LayerVectorRule> layer_vector_rules() { return kVectors; }
std::span<const LayerLinearRule> layer_linear_rules() { return kLinears; }
std::span<const SkipRule> skip_rules() { return kSkips; }

std::span<const ModelTensorRule> model_tensor_rules() {
  using M = TensorMap;
  static const std::array rules = {
      ModelTensorRule{"embed_tokens.weight", &M::embedding, {Size::kVocab, Size::kHidden}, When::kAlways},
      ModelTensorRule{"norm.weight", &M::final_norm, {Size::kHidden}, When::kAlways},
      ModelTensorRule{
          "embed_tokens_per_layer.weight", &M::ple_embedding, {Size::kPleVocab, Size::kPleAllLayers}, When::kPle},
      ModelTensorRule{"per_layer_projection_norm.weight", &M::ple_model_norm, {Size::kPle}, When::kPle},
  };
  return rules;
}

int64_t size_of(Size size, const ModelConfig& config, const LayerConfig* layer) {
  switch (size) {
    case Size::kOne:
      return 1;
    case Size::kHidden:
      return config.hidden;
    case Size::kVocab:
      return config.vocab;
    case Size::kHeadDim:
      return layer->head_dim;
    case Size::kQ:
      return config.heads * layer->head_dim;
    case Size::kKv:
      return layer->kv_heads * layer->head_dim;
    case Size::kFfn:
      return layer->ffn;
    case Size::kExperts:
      return config.experts;
    case Size::kPle:
      return config.ple;
    case Size::kPleVocab:
      return config.ple_vocab;
    case Size::kPleAllLayers:
      return config.ple * static_cast<int64_t>(config.layers.size());
  }
  return 0;
}

bool applies(When when, const ModelConfig& config, const LayerConfig* layer) {
  switch (when) {
    case When::kAlways:
      return true;
    case When::kMoe:
      return layer->moe;
    case When::kPle:
      return config.ple > 0;
    case When::kOwnK:
      return layer->kv_donor < 0;
    case When::kOwnV:
      return layer->kv_donor < 0 && !layer->v_from_k;
  }
  return false;
}

}  // namespace fp8bench
