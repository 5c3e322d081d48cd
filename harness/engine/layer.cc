#include "harness/engine/layer.h"

#include "harness/engine/elementwise.h"

namespace fp8bench {

void decoder_layer(Ops& ops, const LayerCall& call, const Rows& x) {
  const Workspace::Scope scope(ops.workspace());
  const LayerWeights& w = call.weights;
  const auto output_norm = [&](const Rows& f, const std::vector<float>& weight) {
    return call.config.output_norms ? ops.norm(f, weight) : f;
  };

  const Rows h = ops.add(x, output_norm(attention_block(ops, call, x), w.post_attention_norm));
  Rows y = ops.add(h, output_norm(ffn_block(ops, call, h), w.post_ffn_norm));

  if (call.ple != nullptr) y = ops.add(y, ops.norm(per_layer_input_block(ops, call, y), w.ple_norm));

  // The scalar multiplies the whole residual stream, after the last add.
  if (call.config.layer_scalar && !ops.has_fault(EngineFault::kLayerScalarIgnored)) ops.scale(y, w.layer_scalar);
  copy_rows(y, x);
}

// The dense MLP, the experts, or both in parallel: both read h.
Rows ffn_block(Ops& ops, const LayerCall& call, const Rows& h) {
  const LayerWeights& w = call.weights;
  if (!call.config.moe) return dense_block(ops, call, h);
  if (call.config.ffn == 0) return moe_block(ops, call, h);
  const Rows d = ops.norm(dense_block(ops, call, h), w.post_dense_norm);
  return ops.add(d, ops.norm(moe_block(ops, call, h), w.post_moe_norm));
}

Rows dense_block(Ops& ops, const LayerCall& call, const Rows& h) {
  const LayerWeights& w = call.weights;
  const Rows out = ops.rows(h.rows, h.width);
  const Workspace::Scope scope(ops.workspace());
  const Rows gate_up = ops.linear(ops.norm_input(h, w.pre_ffn_norm, Site::kDenseIn, {&w.gate_up}), w.gate_up);
  copy_rows(ops.linear(ops.gated_input(gate_up, Site::kDenseDown, w.down), w.down), out);
  return out;
}

Rows per_layer_input_block(Ops& ops, const LayerCall& call, const Rows& x) {
  const LayerWeights& w = call.weights;
  const Rows gate = ops.linear(x, Site::kPleIn, w.ple_gate);
  return ops.linear(ops.gated(gate, call.ple), Site::kPleProjection, w.ple_projection);
}

}  // namespace fp8bench
