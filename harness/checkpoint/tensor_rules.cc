#include "harness/checkpoint/tensor_rules.h"

#include <array>

namespace fp8bench {
namespace {

using L = LayerTensors;

constexpr std::array kFlatLinears = {
    LayerLinearRule{"self_attn.q_proj", &L::q, Size::kQ, Size::kHidden, When::kAlways, true},
    LayerLinearRule{"self_attn.k_proj", &L::k, Size::kKv, Size::kHidden, When::kAlways, true},
    LayerLinearRule{"self_attn.v_proj", &L::v, Size::kKv, Size::kHidden, When::kAlways, true},
    LayerLinearRule{"self_attn.o_proj", &L::o, Size::kHidden, Size::kQ, When::kAlways, true},
    LayerLinearRule{"mlp.gate_proj", &L::gate, Size::kFfn, Size::kHidden, When::kDense, true},
    LayerLinearRule{"mlp.up_proj", &L::up, Size::kFfn, Size::kHidden, When::kDense, true},
    LayerLinearRule{"mlp.down_proj", &L::down, Size::kHidden, Size::kFfn, When::kDense, true},
    LayerLinearRule{"mlp.gate", &L::router, Size::kExperts, Size::kHidden, When::kMoe, false},
};

}  // namespace

std::span<const LayerLinearRule> flat_decoder_linears() { return kFlatLinears; }

std::span<const ModelTensorRule> flat_decoder_model() {
  static const std::array model = {
      ModelTensorRule{"embed_tokens.weight", &TensorMap::embedding, {Size::kVocab, Size::kHidden}, When::kAlways},
      ModelTensorRule{"norm.weight", &TensorMap::final_norm, {Size::kHidden}, When::kAlways},
  };
  return model;
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
    case When::kDense:
      return layer->ffn > 0;
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
