#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/checkpoint/model_config.h"

namespace fp8bench {

// As parse_model_config, for model_type gemma4, gemma4_text, gemma4_unified and gemma4_unified_text.
ModelConfig parse_gemma4(const nlohmann::json& file, const std::string& where);

}  // namespace fp8bench
