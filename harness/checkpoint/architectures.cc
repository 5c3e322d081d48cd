// The table of architectures. A new one is one file and one line here.
#include "harness/checkpoint/architectures.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace fp8bench {

extern const Architecture gemma4_architecture, gemma3_architecture, llama_architecture, qwen3_moe_architecture;

namespace {

constexpr std::array kArchitectures = {
    &gemma4_architecture,
    &gemma3_architecture,
    &llama_architecture,
    &qwen3_moe_architecture,
};

}  // namespace

std::span<const Architecture* const> architectures() { return kArchitectures; }

const Architecture* find_architecture(std::string_view model_type) {
  for (const Architecture* architecture : kArchitectures)
    for (const std::string_view type : architecture->model_types)
      if (type == model_type) return architecture;
  return nullptr;
}

const TensorRules& tensor_rules_of(const ModelConfig& config) {
  const Architecture* architecture = find_architecture(config.model_type);
  if (architecture == nullptr)
    throw std::invalid_argument(fmt::format("model_type '{}' is in no architecture", config.model_type));
  return architecture->tensors();
}

}  // namespace fp8bench
