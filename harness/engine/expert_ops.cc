// The ops of the MoE branch: routing, sorting rows by expert, the grouped products and the sum over experts.
#include <algorithm>
#include <cmath>

#include "harness/engine/elementwise.h"
#include "harness/engine/ops.h"
#include "kernels/grouped_gemm/grouped_gemm.h"
#include "kernels/native_gemm/native_gemm.h"
#include "kernels/router/router.h"

namespace fp8bench {

Rows Ops::router_input(const Rows& x, const LayerWeights& weights) const {
  if (config_.router_input == RouterInput::kNormed) return x;
  const Rows r = rms(x, x.width);
  scale_columns(r, weights.router_scale.data(),
                static_cast<float>(1.0 / std::sqrt(static_cast<double>(config_.hidden))));
  round(r);
  return r;
}

void Ops::route(const Rows& x, const LayerWeights& weights, const RoutingRows& routing) const {
  const Rows r = router_input(x, weights);
  // Canonical and float32 in every policy: in BF16 logits tie, and ties choose other experts.
  gemm({.x = r.data, .m = r.rows, .w = &weights.router, .row_scales = nullptr, .y = routing.logits});
  const bool scaled = !has_fault(EngineFault::kPerExpertScaleIgnored);
  router_topk(
      {.logits = routing.logits,
       .tokens = x.rows,
       .experts = config_.experts,
       .top_k = config_.top_k,
       .per_expert_scale = scaled && !weights.per_expert_scale.empty() ? weights.per_expert_scale.data() : nullptr,
       .index = routing.index,
       .weight = routing.weight,
       .forced = routing.forced,
       .renormalise = config_.router_renormalised});
}

// A counting sort, stable in (token, rank).
ExpertOrder Ops::sort_by_expert(const RoutingRows& routing, int64_t tokens) const {
  const int64_t top_k = config_.top_k, count = tokens * top_k;
  int64_t* offsets = workspace_.longs(config_.experts + 1);
  std::fill(offsets, offsets + config_.experts + 1, 0);
  for (int64_t i = 0; i < count; ++i) ++offsets[routing.index[i] + 1];
  for (int64_t e = 0; e < config_.experts; ++e) offsets[e + 1] += offsets[e];
  int64_t* next = workspace_.longs(config_.experts);
  std::copy(offsets, offsets + config_.experts, next);
  int64_t* token = workspace_.longs(count);
  int64_t* where = workspace_.longs(count);
  float* weight = workspace_.floats(count);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = next[routing.index[i]]++;
    token[row] = i / top_k;
    where[i] = row;
    weight[row] = routing.weight[i];
  }
  return {.token = token,
          .where = where,
          .weight = weight,
          .offsets = std::span(offsets, static_cast<size_t>(config_.experts + 1)),
          .rows = count};
}

LinearInput Ops::gather(const LinearInput& x, const ExpertOrder& order) const {
  LinearInput out;
  if (x.codes) {  // all experts of a layer take the same kind of input
    out.codes = rows(order.rows, x.codes.width);
    gather_rows(x.codes, order.token, out.codes);
    float* scales = workspace_.floats(order.rows);
    for (int64_t i = 0; i < order.rows; ++i) scales[i] = x.scales[order.token[i]];
    out.scales = scales;
    out.plain = {nullptr, order.rows, x.plain.width};
  } else {
    out.plain = rows(order.rows, x.plain.width);
    gather_rows(x.plain, order.token, out.plain);
  }
  return out;
}

LinearInput Ops::expert_input(const Rows& x, const ExpertOrder& order, const PackedMatrix& weight) const {
  if (has_fault(EngineFault::kRequantizeAfterRouting)) scale_each_row(x, order.weight);
  const uint64_t* keys = nullptr;
  if (rows_.keys != nullptr) {
    uint64_t* of_pairs = reinterpret_cast<uint64_t*>(workspace_.longs(order.rows));
    for (int64_t e = 0; e < config_.experts; ++e)
      for (int64_t i = order.offsets[static_cast<size_t>(e)]; i < order.offsets[static_cast<size_t>(e + 1)]; ++i)
        of_pairs[i] = mix64(rows_.keys[order.token[i]] + static_cast<uint64_t>(e));
    keys = of_pairs;
  }
  const bool codes = takes_codes(weight);
  return quantized_input(x, Site::kExpertDown, codes || weight.dtype == DType::kF8E4M3, codes, keys);
}

LinearInput Ops::expert_middle(const Rows& gate_up, const ExpertOrder& order, const PackedMatrix& weight) const {
  // Only this fault has something to do between the activation and its quantization.
  if (!has_fault(EngineFault::kRequantizeAfterRouting) && takes_only_codes({&weight}))
    return gated_input(gate_up, Site::kExpertDown, weight);
  return expert_input(gated(gate_up), order, weight);
}

Rows Ops::grouped_linear(const LinearInput& x, const ExpertOrder& order, std::span<const PackedMatrix> weights) const {
  const bool codes = takes_codes(weights.front());
  const Rows out = rows(order.rows, weights.front().n);
  const GroupedGemmArgs args{.x = codes ? x.codes.data : x.plain.data,
                             .offsets = order.offsets,
                             .weights = weights,
                             .row_scales = codes ? x.scales : nullptr,
                             .y = out.data};
  options_.policy == Policy::kNative ? grouped_gemm_native(args) : grouped_gemm(args);
  round(out);
  return out;
}

Rows Ops::combine(const Rows& experts, const ExpertOrder& order, const RoutingRows& routing, int64_t tokens) const {
  const Rows out = rows(tokens, experts.width);
  const float* weight = routing.weight;
  if (has_fault(EngineFault::kRequantizeAfterRouting)) {  // the weight is already inside
    float* ones = workspace_.floats(order.rows);
    std::fill(ones, ones + order.rows, 1.0f);
    weight = ones;
  }
  combine_ranked(experts, order.where, weight, config_.top_k, out);
  round(out);
  return out;
}

}  // namespace fp8bench
