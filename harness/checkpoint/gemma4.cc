// Names: transformers' Gemma4ForConditionalGeneration, below "model.language_model." (or "model." in text-only
// checkpoints).
#include <array>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/gemma4_config.h"
#include "harness/checkpoint/tensor_rules.h"

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

constexpr std::string_view kModelTypes[] = {"gemma4", "gemma4_text", "gemma4_unified", "gemma4_unified_text"};

const TensorRules& tensors() {
  using M = TensorMap;
  static const std::array model = {
      ModelTensorRule{"embed_tokens.weight", &M::embedding, {Size::kVocab, Size::kHidden}, When::kAlways},
      ModelTensorRule{"norm.weight", &M::final_norm, {Size::kHidden}, When::kAlways},
      ModelTensorRule{
          "embed_tokens_per_layer.weight", &M::ple_embedding, {Size::kPleVocab, Size::kPleAllLayers}, When::kPle},
      ModelTensorRule{"per_layer_projection_norm.weight", &M::ple_model_norm, {Size::kPle}, When::kPle},
  };
  static const TensorRules rules = {kVectors, kLinears, model, kSkips, "experts."};
  return rules;
}

}  // namespace

extern const Architecture gemma4_architecture;
const Architecture gemma4_architecture = {"gemma4",
                                          "Gemma 4, text: dense, mixture of experts in parallel, per-layer embeddings",
                                          kModelTypes, parse_gemma4, tensors};

}  // namespace fp8bench
