// Loading with problems collected instead of thrown: how a resident model reports everything that is wrong at once.
#pragma once
#include <memory>
#include <span>

#include "harness/engine/value_checks.h"
#include "harness/engine/weights.h"

namespace fp8bench {

std::shared_ptr<const LayerWeights> load_layer(const Checkpoint& checkpoint, int64_t layer, ValueProblems& problems);
// What a norm multiplies by: its weight, or 1 + weight (ModelConfig::norm_plus_one).
std::vector<float> norm_multiplier(const ModelConfig& config, std::vector<float> weight);
// Several linears of equal inputs as one matrix, rows one after the other (gate first, then up).
PackedMatrix load_stacked(const Checkpoint& checkpoint, std::span<const LinearRef> parts, ValueProblems& problems);

}  // namespace fp8bench
