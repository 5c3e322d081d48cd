#include "harness/engine/elementwise.h"
#include "harness/engine/layer.h"

namespace fp8bench {

Rows attention_block(Ops& ops, const LayerCall& call, const Rows& x) {
  const LayerWeights& w = call.weights;
  const int64_t head_dim = call.config.head_dim;
  const Rows out = ops.rows(x.rows, x.width);
  const Workspace::Scope scope(ops.workspace());

  const LinearInput in = ops.norm_input(x, w.input_norm, Site::kAttentionIn, {&w.q, &w.k, &w.v});
  Rows q = ops.linear(in, w.q);
  if (call.config.qk_norm) q = ops.norm(q, w.q_norm);
  ops.rope(q, head_dim, w.rope_inv_freq);
  if (call.config.kv_donor < 0) {  // a sharing layer reads the rotated K and normed V of its donor
    Rows k = ops.linear(in, w.k);
    Rows v = call.config.v_from_k ? k : ops.linear(in, w.v);  // before k_norm and rope
    if (call.config.v_norm) v = ops.rms(v, head_dim);         // no weight, never rotated
    if (call.config.qk_norm) k = ops.norm(k, w.k_norm);
    ops.rope(k, head_dim, w.rope_inv_freq);
    ops.append_kv(k, v);
  }
  const Rows o = ops.attention(q, call.config);
  copy_rows(ops.linear(o, Site::kAttentionOut, w.o), out);
  return out;
}

}  // namespace fp8bench
