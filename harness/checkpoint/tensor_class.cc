#include <array>
#include <string_view>
#include <utility>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/tensor_rules.h"

namespace fp8bench {
namespace {

// The first fragment that the name contains decides, so the order matters: a norm inside attention is a norm, and a
// scale
// (".weight_scale") belongs to what its weight belongs to.
constexpr std::array kFragments = {
    std::pair<std::string_view, TensorClass>{"layer_scalar", TensorClass::kScalar},
    std::pair<std::string_view, TensorClass>{".router.", TensorClass::kRouter},
    std::pair<std::string_view, TensorClass>{".mlp.gate.", TensorClass::kRouter},
    std::pair<std::string_view, TensorClass>{".experts.", TensorClass::kExpert},
    std::pair<std::string_view, TensorClass>{"norm.", TensorClass::kNorm},
    std::pair<std::string_view, TensorClass>{"layernorm", TensorClass::kNorm},
    std::pair<std::string_view, TensorClass>{".self_attn.", TensorClass::kAttention},
    std::pair<std::string_view, TensorClass>{".mlp.", TensorClass::kDenseMlp},
    std::pair<std::string_view, TensorClass>{"per_layer", TensorClass::kPerLayerInput},
    std::pair<std::string_view, TensorClass>{"embed_tokens.", TensorClass::kEmbedding},
    std::pair<std::string_view, TensorClass>{"lm_head.", TensorClass::kHead},
};

}  // namespace

TensorClass classify_tensor(const std::string& name) {
  for (const Architecture* architecture : architectures())
    for (const SkipRule& rule : architecture->tensors().skips)
      if (name.starts_with(rule.prefix)) return rule.what;
  for (const auto& [fragment, what] : kFragments)
    if (name.find(fragment) != std::string::npos) return what;
  return TensorClass::kOther;
}

std::string tensor_class_name(TensorClass c) {
  switch (c) {
    case TensorClass::kAttention:
      return "attention";
    case TensorClass::kDenseMlp:
      return "dense MLP";
    case TensorClass::kExpert:
      return "expert";
    case TensorClass::kRouter:
      return "router";
    case TensorClass::kEmbedding:
      return "embedding";
    case TensorClass::kHead:
      return "head";
    case TensorClass::kNorm:
      return "norm";
    case TensorClass::kScalar:
      return "scalar";
    case TensorClass::kPerLayerInput:
      return "per-layer input";
    case TensorClass::kVision:
      return "vision";
    case TensorClass::kAudio:
      return "audio";
    case TensorClass::kOther:
      return "other";
  }
  return "other";
}

}  // namespace fp8bench
