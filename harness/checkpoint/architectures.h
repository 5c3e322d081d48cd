// The architectures that the engine runs, as data: how their config.json reads and what their tensors are called. There
// is one forward pass (harness/engine/layer.h); an architecture is one file and its line in architectures.cc.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "harness/checkpoint/model_config.h"

namespace fp8bench {

struct TensorRules;

struct Architecture {
  std::string_view name, summary;
  std::span<const std::string_view> model_types;  // of config.json
  // `file`: the whole of config.json; `where` names it in errors.
  ModelConfig (*parse)(const nlohmann::json& file, const std::string& where);
  const TensorRules& (*tensors)();
};

std::span<const Architecture* const> architectures();

// Null for a model_type that no architecture reads.
const Architecture* find_architecture(std::string_view model_type);
// Of a configuration that parse_model_config made.
const TensorRules& tensor_rules_of(const ModelConfig& config);

}  // namespace fp8bench
