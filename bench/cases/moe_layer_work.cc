#include "bench/cases/moe_layer_work.h"

#include <algorithm>
#include <cmath>

#include "kernels/bf16.h"
#include "kernels/router/router.h"

namespace fp8bench {
namespace {

// A view: the ops never write their inputs.
Rows view_of(const std::vector<float>& values, int64_t rows, int64_t width) {
  return {const_cast<float*>(values.data()), rows, width};
}

// Policies that round between ops: |rounded - exact| may be half a unit in the last place of BF16 more.
double rounding(Policy policy, double exact) {
  return policy == Policy::kF32 ? 0.0 : 0x1p-8 * std::fabs(exact) + 1e-40;
}

}  // namespace

MoeLayerWork::MoeLayerWork(MoeBranchWeights weights, const ModelConfig& config, const EngineOptions& options)
    : weights_(std::move(weights)), config_(config), options_(options) {}

RoutingRows MoeLayerWork::new_routing(int64_t tokens) {
  return {.logits = workspace_.floats(tokens * config_.experts),
          .index = workspace_.ints(tokens * config_.top_k),
          .weight = workspace_.floats(tokens * config_.top_k),
          .forced = false};
}

void MoeLayerWork::run(const MoeInput& input) {
  scope_.reset();
  scope_.emplace(workspace_);
  tokens_ = input.tokens;
  Ops ops(config_, options_, workspace_);
  kept_.routing = new_routing(tokens_);
  ops.route(view_of(input.residual, tokens_, config_.hidden), *weights_.router, kept_.routing);
  std::copy(input.index.begin(), input.index.end(), kept_.routing.index);
  router_topk({.logits = kept_.routing.logits,
               .tokens = tokens_,
               .experts = config_.experts,
               .top_k = config_.top_k,
               .per_expert_scale = weights_.router->per_expert_scale.data(),
               .index = kept_.routing.index,
               .weight = kept_.routing.weight,
               .forced = true});
  kept_.order = ops.sort_by_expert(kept_.routing, tokens_);
  const LinearInput in =
      ops.input(view_of(input.normed, tokens_, config_.hidden), Site::kExpertIn, {&weights_.gate_up.front()});
  kept_.gathered = ops.gather(in, kept_.order);
  kept_.gate_up = ops.grouped_linear(kept_.gathered, kept_.order, weights_.gate_up);
  kept_.middle = ops.expert_middle(kept_.gate_up, kept_.order, weights_.down.front());
  kept_.experts = ops.grouped_linear(kept_.middle, kept_.order, weights_.down);
  kept_.out = ops.combine(kept_.experts, kept_.order, kept_.routing, tokens_);
}

int64_t MoeLayerWork::expert_of(int64_t row) const {
  const auto& offsets = kept_.order.offsets;
  return std::upper_bound(offsets.begin(), offsets.end(), row) - offsets.begin() - 1;
}

Check MoeLayerWork::check_product(const LinearInput& in, const Rows& out, std::span<const PackedMatrix> weights,
                                  bool all, uint64_t seed) const {
  const Accumulate accumulate = options_.policy == Policy::kNative ? Accumulate::kNative : Accumulate::kF32;
  return check_outputs(out.size(), all, seed, [&](int64_t i) {
    const int64_t row = i / out.width, column = i % out.width;
    const GemmArgs args{.x = (in.codes ? in.codes : in.plain).row(row),
                        .m = 1,
                        .w = &weights[static_cast<size_t>(expert_of(row))],
                        .row_scales = in.codes ? in.scales + row : nullptr,
                        .y = nullptr};
    if (options_.policy == Policy::kF32) return gemm_error(args, 0, column, out.data[i], accumulate);
    const double exact = gemm_ref_output(args, 0, column);
    return error_share(out.data[i], exact,
                       gemm_allowance(args, 0, column, accumulate) + rounding(options_.policy, exact));
  });
}

// Two roundings a term of top_k.
Check MoeLayerWork::check_sum(bool all, uint64_t seed) const {
  return check_outputs(kept_.out.size(), all, seed, [&](int64_t i) {
    const int64_t token = i / config_.hidden, column = i % config_.hidden;
    double exact = 0.0, magnitude = 0.0;
    for (int64_t rank = 0; rank < config_.top_k; ++rank) {
      const int64_t slot = token * config_.top_k + rank;
      const double term = static_cast<double>(kept_.routing.weight[slot]) *
                          static_cast<double>(kept_.experts.row(kept_.order.where[slot])[column]);
      exact += term;
      magnitude += std::fabs(term);
    }
    const double tolerance = 2.0 * static_cast<double>(config_.top_k) * 0x1p-24 * magnitude + 1e-40;
    return error_share(kept_.out.data[i], exact, tolerance + rounding(options_.policy, exact));
  });
}

Check MoeLayerWork::check(bool all, uint64_t seed) const {
  Check check = check_product(kept_.gathered, kept_.gate_up, weights_.gate_up, all, seed);
  for (const Check& part :
       {check_product(kept_.middle, kept_.experts, weights_.down, all, seed + 1), check_sum(all, seed + 2)}) {
    keep_worst(check.worst, part.worst);
    check.outputs += part.outputs;
  }
  return check;
}

}  // namespace fp8bench
