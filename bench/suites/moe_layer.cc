#include "bench/suites/moe_layer.h"

#include <algorithm>
#include <cmath>

#include "harness/engine/elementwise.h"

namespace fp8bench {
namespace {

// About normal, mean 0, variance 1: the sum of eight uniform 16-bit values, which needs no transcendental.
float about_normal(uint64_t key) {
  const uint64_t a = mix64(key), b = mix64(key ^ 0xD1B54A32D192ED03ull);
  int64_t sum = 0;
  for (int i = 0; i < 4; ++i)
    sum += static_cast<int64_t>((a >> (16 * i)) & 0xFFFF) + static_cast<int64_t>((b >> (16 * i)) & 0xFFFF);
  return static_cast<float>(sum - 4 * 65535) * (1.0f / 53509.0f);  // 65536 * sqrt(8 / 12)
}

// A view: the ops never write their inputs.
Rows view_of(const std::vector<float>& values, int64_t rows, int64_t width) {
  return {const_cast<float*>(values.data()), rows, width};
}

}  // namespace

MoeInput make_moe_input(int64_t tokens, int64_t hidden, uint64_t seed) {
  MoeInput input;
  input.tokens = tokens;
  for (int64_t i = 0; i < tokens * hidden; ++i)
    input.residual.push_back(about_normal(mix64(seed) + static_cast<uint64_t>(i)));
  input.normed = input.residual;
  return input;
}

MoeLayerWork::MoeLayerWork(std::shared_ptr<const LayerWeights> weights, const ModelConfig& config)
    : weights_(std::move(weights)), config_(config) {}

RoutingRows MoeLayerWork::new_routing(Workspace& workspace, int64_t tokens) const {
  return {.logits = workspace.floats(tokens * config_.experts),
          .index = workspace.ints(tokens * config_.top_k),
          .weight = workspace.floats(tokens * config_.top_k),
          .forced = false};
}

void MoeLayerWork::run(Ops& ops, const MoeInput& input, Kept& kept) const {
  kept.routing = new_routing(ops.workspace(), input.tokens);
  ops.route(view_of(input.residual, input.tokens, config_.hidden), *weights_, kept.routing);
  kept.order = ops.sort_by_expert(kept.routing, input.tokens);
  const LinearInput in = ops.input(view_of(input.normed, input.tokens, config_.hidden), Site::kExpertIn,
                                   {&weights_->expert_gate_up.front()});
  kept.gathered = ops.gather(in, kept.order);
  kept.gate_up = ops.grouped_linear(kept.gathered, kept.order, weights_->expert_gate_up);
  kept.activation = ops.gelu_mul(kept.gate_up);
  kept.middle = ops.expert_input(kept.activation, kept.order, weights_->expert_down.front());
  kept.experts = ops.grouped_linear(kept.middle, kept.order, weights_->expert_down);
  kept.out = ops.combine(kept.experts, kept.order, kept.routing, input.tokens);
}

void MoeLayerWork::prepare(const MoeInput& input) {
  state_.emplace();
  tokens_ = input.tokens;
  Ops ops(config_, options_, *state_);
  run(ops, input, kept_);
  // The router's input once more, for its exact check.
  kept_.router_in = ops.router_input(view_of(input.residual, input.tokens, config_.hidden), *weights_);
  looked_at_ = &kept_;
}

void MoeLayerWork::router(const MoeInput& input) {
  timing_.emplace(scratch_);
  Ops ops(config_, options_, scratch_);
  timed_.routing = new_routing(scratch_, input.tokens);
  ops.route(view_of(input.residual, input.tokens, config_.hidden), *weights_, timed_.routing);
}

void MoeLayerWork::gate_up(const MoeInput& input) {
  timing_.emplace(scratch_);
  Ops ops(config_, options_, scratch_);
  const LinearInput in = ops.input(view_of(input.normed, input.tokens, config_.hidden), Site::kExpertIn,
                                   {&weights_->expert_gate_up.front()});
  timed_.gate_up = ops.grouped_linear(ops.gather(in, kept_.order), kept_.order, weights_->expert_gate_up);
}

void MoeLayerWork::down() {
  timing_.emplace(scratch_);
  Ops ops(config_, options_, scratch_);
  timed_.experts = ops.grouped_linear(ops.expert_input(kept_.activation, kept_.order, weights_->expert_down.front()),
                                      kept_.order, weights_->expert_down);
}

void MoeLayerWork::layer(const MoeInput& input) {
  timing_.emplace(scratch_);
  Ops ops(config_, options_, scratch_);
  run(ops, input, timed_);
}

int64_t MoeLayerWork::active_experts() const {
  int64_t active = 0;
  for (size_t e = 0; e + 1 < kept_.order.offsets.size(); ++e)
    active += kept_.order.offsets[e + 1] > kept_.order.offsets[e] ? 1 : 0;
  return active;
}

int64_t MoeLayerWork::gate_up_bytes() const { return active_experts() * weights_->expert_gate_up.front().bytes(); }
int64_t MoeLayerWork::down_bytes() const { return active_experts() * weights_->expert_down.front().bytes(); }

int64_t MoeLayerWork::expert_of(int64_t row) const {
  const auto& offsets = kept_.order.offsets;
  return std::upper_bound(offsets.begin(), offsets.end(), row) - offsets.begin() - 1;
}

GemmArgs MoeLayerWork::router_args() const {
  return {.x = kept_.router_in.data,
          .m = tokens_,
          .w = &weights_->router,
          .row_scales = nullptr,
          .y = kept_.routing.logits};
}

GemmArgs MoeLayerWork::gate_up_args(int64_t row) const {
  const LinearInput& in = kept_.gathered;
  return {.x = (in.codes ? in.codes : in.plain).row(row),
          .m = 1,
          .w = &weights_->expert_gate_up[static_cast<size_t>(expert_of(row))],
          .row_scales = in.codes ? in.scales + row : nullptr,
          .y = nullptr};
}

GemmArgs MoeLayerWork::down_args(int64_t row) const {
  const LinearInput& in = kept_.middle;
  return {.x = (in.codes ? in.codes : in.plain).row(row),
          .m = 1,
          .w = &weights_->expert_down[static_cast<size_t>(expert_of(row))],
          .row_scales = in.codes ? in.scales + row : nullptr,
          .y = nullptr};
}

double MoeLayerWork::combined(int64_t token, int64_t column, double& magnitude) const {
  double sum = 0.0;
  magnitude = 0.0;
  for (int64_t rank = 0; rank < config_.top_k; ++rank) {
    const int64_t slot = token * config_.top_k + rank;
    const double term = static_cast<double>(looked_at_->routing.weight[slot]) *
                        static_cast<double>(looked_at_->experts.row(looked_at_->order.where[slot])[column]);
    sum += term;
    magnitude += std::fabs(term);
  }
  return sum;
}

}  // namespace fp8bench
