// The tensors of the Gemma 4 family as data: name, place in the model, shape, and the layers that have them. The tensor
// map checks a checkpoint against these tables and the synthetic source generates from them.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "harness/checkpoint/model_config.h"
#include "harness/checkpoint/tensor_map.h"

namespace fp8bench {

// A dimension, in terms of the configuration.
enum class Size { kOne, kHidden, kVocab, kHeadDim, kQ, kKv, kFfn, kExperts, kPle, kPleVocab, kPleAllLayers };
// Which layers (or models) have the tensor. kOwnK: not a KV-sharing layer; kOwnV: that, and V is not the raw K.
enum class When { kAlways, kMoe, kPle, kOwnK, kOwnV };

struct LayerVectorRule {
  std::string_view name;
  const TensorInfo* LayerTensors::*member;
  Size size;
  When when;
};
struct LayerLinearRule {
  std::string_view module;  // the tensor is module + ".weight"
  LinearRef LayerTensors::*member;
  Size outputs, inputs;
  When when;
  bool quantizable;  // FP8 where the scheme says so; a router never is
};
struct ModelTensorRule {
  std::string_view name;
  const TensorInfo* TensorMap::*member;
  std::vector<Size> shape;
  When when;
};
struct SkipRule {
  std::string_view prefix;  // of the whole tensor name
  TensorClass what;
};

std::span<const LayerVectorRule> layer_vector_rules();
std::span<const LayerLinearRule> layer_linear_rules();
std::span<const ModelTensorRule> model_tensor_rules();
// per_layer_model_projection, the one linear outside the layers besides the head.
inline constexpr std::string_view kPleModelProjection = "per_layer_model_projection";
// Towers that a text engine does not run.
std::span<const SkipRule> skip_rules();

// `layer` may be null for tensors outside the layers.
int64_t size_of(Size size, const ModelConfig& config, const LayerConfig* layer);
bool applies(When when, const ModelConfig& config, const LayerConfig* layer);

}  // namespace fp8bench
