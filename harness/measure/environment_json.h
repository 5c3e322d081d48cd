// The machine block of a record's `run` section.
#pragma once
#include <nlohmann/json.hpp>

#include "harness/measure/ceilings.h"
#include "harness/measure/environment.h"

namespace fp8bench {

nlohmann::json to_json(const Environment& environment);
// {"name": {"value": ..., "spread": ..., "unit": ...}, ...}
nlohmann::json to_json(const Ceilings& ceilings);
// Those that rows are held to: {"read_gb_s": ..., "fma_gflop_s": ..., "bf16_gflop_s": ...}
nlohmann::json held_to_json(const Ceilings& ceilings);

}  // namespace fp8bench
