#include "harness/engine/layer.h"

#include "harness/engine/elementwise.h"

namespace fp8bench {

void decoder_layer(Ops& ops, const LayerCall& call, const Rows& x) {
  const Workspace::Scope scope(ops.workspace());
  const LayerWeights& w = call.weights;

  const Rows h = ops.add(x, ops.norm(attention_block(ops, call, x), w.post_attention_norm));

  Rows f = dense_block(ops, call, h);
  if (call.config.moe) {  // in parallel with the dense branch: both read h
    const Rows d = ops.norm(f, w.post_dense_norm);
    const Rows m = ops.norm(moe_block(ops, call, h), w.post_moe_norm);
    f = ops.add(d, m);
  }
  Rows y = ops.add(h, ops.norm(f, w.post_ffn_norm));

  if (call.ple != nullptr) y = ops.add(y, ops.norm(per_layer_input_block(ops, call, y), w.ple_norm));

  // The scalar multiplies the whole residual stream, after the last add.
  if (!ops.has_fault(EngineFault::kLayerScalarIgnored)) ops.scale(y, w.layer_scalar);
  copy_rows(y, x);
}

Rows dense_block(Ops& ops, const LayerCall& call, const Rows& h) {
  const LayerWeights& w = call.weights;
  const Rows out = ops.rows(h.rows, h.width);
  const Workspace::Scope scope(ops.workspace());
  const Rows gate_up = ops.linear(ops.norm_input(h, w.pre_ffn_norm, Site::kDenseIn, {&w.gate_up}), w.gate_up);
  copy_rows(ops.linear(ops.gelu_mul_input(gate_up, Site::kDenseDown, w.down), w.down), out);
  return out;
}

Rows per_layer_input_block(Ops& ops, const LayerCall& call, const Rows& x) {
  const LayerWeights& w = call.weights;
  const Rows gate = ops.linear(x, Site::kPleIn, w.ple_gate);
  return ops.linear(ops.gelu_mul(gate, call.ple), Site::kPleProjection, w.ple_projection);
}

}  // namespace fp8bench
