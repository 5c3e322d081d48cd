#include "harness/checkpoint/tensor_rules.h"

namespace fp8bench {

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
