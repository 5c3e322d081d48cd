#include "harness/engine/elementwise.h"
#include "harness/engine/layer.h"

namespace fp8bench {

Rows moe_block(Ops& ops, const LayerCall& call, const Rows& h) {
  const LayerWeights& w = call.weights;
  const Rows out = ops.rows(h.rows, h.width);
  const Workspace::Scope scope(ops.workspace());

  // A router that reads the experts' own input needs the rows that the fused norm would not leave behind.
  const bool normed = !ops.router_reads_residual();
  const Rows n = normed ? ops.norm(h, w.pre_moe_norm) : Rows{};
  ops.route(normed ? n : h, w, call.routing);
  const ExpertOrder order = ops.sort_by_expert(call.routing, h.rows);

  // Quantized once per token, then sent to its experts; the intermediate once per (token, expert).
  const PackedMatrix* first = &w.expert_gate_up.front();
  const LinearInput in =
      normed ? ops.input(n, Site::kExpertIn, {first}) : ops.norm_input(h, w.pre_moe_norm, Site::kExpertIn, {first});
  const Rows gate_up = ops.grouped_linear(ops.gather(in, order), order, w.expert_gate_up);
  const LinearInput middle = ops.expert_middle(gate_up, order, w.expert_down.front());
  const Rows experts = ops.grouped_linear(middle, order, w.expert_down);
  copy_rows(ops.combine(experts, order, call.routing, h.rows), out);
  return out;
}

}  // namespace fp8bench
