// A divergence summary as it stands in records.
#pragma once
#include <nlohmann/json.hpp>

#include "harness/score/divergence_summary.h"

namespace fp8bench {

nlohmann::json bounds_json(const Bounds& bounds);  // [low, high]
nlohmann::json divergence_json(const DivergenceSummary& summary);

}  // namespace fp8bench
