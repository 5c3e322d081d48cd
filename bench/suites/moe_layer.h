// One side (BF16 or FP8) of a true-shape MoE layer, op by op, as the kernel rows time it: the engine's own ops, so that
// what is timed is what computes the quality rows. The FP8 side's ops include the quantization of their input: that is
// part of what FP8 costs.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/engine/ops.h"

namespace fp8bench {

// Inputs of one sample: rotated, so that every sample touches other experts than the one before.
struct MoeInput {
  int64_t tokens = 0;
  std::vector<float> residual;  // (tokens, hidden): what the router reads
  std::vector<float> normed;    // (tokens, hidden): what the experts read
};
MoeInput make_moe_input(int64_t tokens, int64_t hidden, uint64_t seed);

class MoeLayerWork {
 public:
  MoeLayerWork(std::shared_ptr<const LayerWeights> weights, const ModelConfig& config);

  // Runs the whole layer on `input` and keeps every intermediate: what the single ops read and what the exact checks
  // look at.
  void prepare(const MoeInput& input);

  // Timed; the results of the last call are kept for its check. gate_up and down work on the prepared routing.
  void router(const MoeInput& input);
  void gate_up(const MoeInput& input);
  void down();
  void layer(const MoeInput& input);

  int64_t tokens() const { return tokens_; }
  int64_t rows() const { return kept_.order.rows; }  // tokens * top_k
  int64_t hidden() const { return config_.hidden; }
  int64_t ffn() const { return config_.moe_ffn; }
  int64_t gate_up_bytes() const;  // weight bytes that the active experts read
  int64_t down_bytes() const;

  // The checks below look at what prepare() made, or at what the last timed op made.
  void look_at_timed(bool timed) { looked_at_ = timed ? &timed_ : &kept_; }
  // For the exact checks: what each GEMM consumed (one row, with that row's expert) and produced.
  GemmArgs router_args() const;
  GemmArgs gate_up_args(int64_t row) const;
  GemmArgs down_args(int64_t row) const;
  const float* router_output() const { return looked_at_->routing.logits; }
  const Rows& gate_up_output() const { return looked_at_->gate_up; }
  const Rows& down_output() const { return looked_at_->experts; }
  const Rows& output() const { return looked_at_->out; }
  // The weighted sum in double, and the sum of its terms' magnitudes (what the roundings scale with).
  double combined(int64_t token, int64_t column, double& magnitude) const;

 private:
  struct Kept {
    RoutingRows routing;
    Rows router_in, activation, gate_up, experts, out;
    ExpertOrder order;
    LinearInput gathered, middle;
  };
  void run(Ops& ops, const MoeInput& input, Kept& kept) const;
  RoutingRows new_routing(Workspace& workspace, int64_t tokens) const;
  int64_t expert_of(int64_t row) const;
  int64_t active_experts() const;

  std::shared_ptr<const LayerWeights> weights_;
  ModelConfig config_;
  EngineOptions options_;
  int64_t tokens_ = 0;
  std::optional<Workspace> state_;          // of what is kept; new with every prepare()
  Workspace scratch_;                       // of what is timed
  std::optional<Workspace::Scope> timing_;  // ends when the next timed op begins
  Kept kept_, timed_;
  const Kept* looked_at_ = nullptr;
};

}  // namespace fp8bench
