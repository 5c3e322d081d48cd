#include "harness/engine/embedding.h"

#include <algorithm>
#include <cmath>

namespace fp8bench {

void embed_tokens(const Model& model, const Ops& ops, std::span<const int32_t> ids, const Rows& x) {
  model.embed(ids.data(), static_cast<int64_t>(ids.size()), x.data);
  ops.round(x);
}

void per_layer_inputs(const Model& model, Ops& ops, std::span<const int32_t> ids, const RowInfo& rows, const Rows& x,
                      float* out, int64_t stride) {
  const Workspace::Scope scope(ops.workspace());
  const int64_t tokens = static_cast<int64_t>(ids.size());
  const int64_t layers = model.layer_count(), ple = model.config().ple;
  const PerLayerInputWeights& w = model.per_layer_input();
  ops.begin_layer(0, rows);

  const Rows projected = ops.linear(x, Site::kPleModel, w.projection);
  ops.scale(projected, static_cast<float>(1.0 / std::sqrt(static_cast<double>(model.config().hidden))));
  const Rows context = ops.norm(projected, w.norm);
  const Rows table = ops.rows(tokens, layers * ple);
  model.embed_per_layer(ids.data(), tokens, table.data);
  ops.round(table);
  const Rows sum = ops.add(context, table);
  ops.scale(sum, static_cast<float>(std::sqrt(0.5)));

  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t l = 0; l < layers; ++l) std::copy_n(sum.row(t) + l * ple, ple, out + (l * stride + t) * ple);
}

}  // namespace fp8bench
