// What happens before the first layer: token embeddings, and per-layer inputs (E2B, E4B).
#pragma once
#include <cstdint>
#include <span>

#include "harness/engine/ops.h"
#include "harness/engine/weights.h"

namespace fp8bench {

// x: (ids, hidden).
void embed_tokens(const Model& model, const Ops& ops, std::span<const int32_t> ids, const Rows& x);

// Per layer l and token t: (norm((W x0) * hidden^-0.5) + table[id]) * 2^-0.5, written to out[(l * stride + t) * ple],
// so that the rows of one layer lie together. x: the embedded tokens.
void per_layer_inputs(const Model& model, Ops& ops, std::span<const int32_t> ids, const RowInfo& rows, const Rows& x,
                      float* out, int64_t stride);

}  // namespace fp8bench
