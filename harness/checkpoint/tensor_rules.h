// The tensors of an architecture as data: name, place in the model, shape, and the layers that have them. The tensor
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
// Which layers (or models) have the tensor. kDense: layers with a dense MLP; kOwnK: not a KV-sharing layer; kOwnV:
// that, and V is not the raw K.
enum class When { kAlways, kDense, kMoe, kPle, kOwnK, kOwnV };

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

struct TensorRules {
  std::span<const LayerVectorRule> vectors;
  std::span<const LayerLinearRule> linears;
  std::span<const ModelTensorRule> model;
  std::span<const SkipRule> skips;  // towers that a text engine does not run
  std::string_view experts;         // of a layer: "experts." is in front of their numbers
};

// What the decoders that parse_decoder reads (config_parts.h) have in common, by Llama's names: linears with experts in
// the MLP's place where a layer has them, and the tensors outside the layers. Their vectors differ.
std::span<const LayerLinearRule> flat_decoder_linears();
std::span<const ModelTensorRule> flat_decoder_model();

// per_layer_model_projection, the one linear outside the layers besides the head.
inline constexpr std::string_view kPleModelProjection = "per_layer_model_projection";

// `layer` may be null for tensors outside the layers.
int64_t size_of(Size size, const ModelConfig& config, const LayerConfig* layer);
bool applies(When when, const ModelConfig& config, const LayerConfig* layer);

}  // namespace fp8bench
