#include "harness/engine/elementwise.h"
#include "harness/engine/layer.h"

namespace fp8bench {

Rows moe_block(Ops& ops, const LayerCall& call, const Rows& h) {
  const LayerWeights& w = call.weights;
  const Rows out = ops.rows(h.rows, h.width);
  const Workspace::Scope scope(ops.workspace());

  // The router reads the raw residual, not the normed one.
  ops.route(ops.has_fault(EngineFault::kRouterNormedInput) ? ops.norm(h, w.pre_moe_norm) : h, w, call.routing);
  const ExpertOrder order = ops.sort_by_expert(call.routing, h.rows);

  // Quantized once per token, then sent to its experts; the intermediate once per (token, expert).
  const LinearInput in = ops.norm_input(h, w.pre_moe_norm, Site::kExpertIn, {&w.expert_gate_up.front()});
  const Rows gate_up = ops.grouped_linear(ops.gather(in, order), order, w.expert_gate_up);
  const LinearInput middle = ops.expert_middle(gate_up, order, w.expert_down.front());
  const Rows experts = ops.grouped_linear(middle, order, w.expert_down);
  copy_rows(ops.combine(experts, order, call.routing, h.rows), out);
  return out;
}

}  // namespace fp8bench
