// Everything one sequence makes inside the engine, under the names of the upstream goldens: input_ids, gen.tokens,
// per_layer_inputs, embed, layer.N.out, layer.N.router_logits, layer.N.topk_index, layer.N.topk_weights, final_norm,
// logits. F32, indices I32.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "harness/checkpoint/safetensors.h"
#include "harness/engine/options.h"
#include "harness/engine/weights.h"

namespace fp8bench {

std::vector<NamedTensor> trace_sequence(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                                        std::span<const int32_t> ids, int64_t generate = 0);

}  // namespace fp8bench
