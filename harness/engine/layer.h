// One decoder layer over a flat batch of rows: the only forward pass there is. Lock-step prefill, prefill in
// pieces, decode and trace differ in nothing but the pieces and caches that they hand in.
#pragma once
#include "harness/engine/ops.h"

namespace fp8bench {

struct LayerCall {
  const LayerConfig& config;
  const LayerWeights& weights;
  RoutingRows routing;         // MoE layers
  const float* ple = nullptr;  // (rows, ple) per-layer input of this layer, or null
};

// x: (rows, hidden), in place.
void decoder_layer(Ops& ops, const LayerCall& call, const Rows& x);

// Blocks read the residual stream; their first norm belongs to them, since it is computed with the quantization behind.
Rows attention_block(Ops& ops, const LayerCall& call, const Rows& x);
Rows ffn_block(Ops& ops, const LayerCall& call, const Rows& h);
Rows dense_block(Ops& ops, const LayerCall& call, const Rows& h);
Rows moe_block(Ops& ops, const LayerCall& call, const Rows& h);
Rows per_layer_input_block(Ops& ops, const LayerCall& call, const Rows& x);

}  // namespace fp8bench
