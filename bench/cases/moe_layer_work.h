// One side (BF16 or FP8) of a MoE branch, from the router to the sum over experts, by the engine's own ops: what is
// timed is what computes logits. The FP8 side includes the quantization of its inputs: that is part of what FP8 costs.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bench/cases/checks.h"
#include "bench/cases/weight_pool.h"
#include "harness/engine/ops.h"

namespace fp8bench {

struct MoeBranchWeights {
  std::shared_ptr<const LayerWeights> router;  // router, its scale and the experts' scales only
  std::shared_ptr<const WeightSets> owner_gate_up, owner_down;
  std::span<const PackedMatrix> gate_up, down;  // (2 * ffn, hidden), (hidden, ffn) per expert
};

// Inputs of one sample, rotated, so that every sample touches other experts than the one before.
struct MoeInput {
  int64_t tokens = 0;
  std::vector<float> residual;  // (tokens, hidden): what the router reads
  std::vector<float> normed;    // (tokens, hidden): what the experts read
  std::vector<int32_t> index;   // (tokens, top_k): the experts they go to, whatever the router would choose
};

class MoeLayerWork {
 public:
  MoeLayerWork(MoeBranchWeights weights, const ModelConfig& config, const EngineOptions& options);

  // Runs the branch on `input` and keeps every intermediate. Timed: the router's product and choice are computed as
  // ever, then its choice is replaced by the given one.
  void run(const MoeInput& input);
  // Every part of the last run against its exact value given the part before: products, and the weighted sum.
  Check check(bool all, uint64_t seed) const;

 private:
  struct Kept {
    RoutingRows routing;
    Rows gate_up, experts, out;
    ExpertOrder order;
    LinearInput gathered, middle;
  };
  RoutingRows new_routing(int64_t tokens);
  int64_t expert_of(int64_t row) const;
  Check check_product(const LinearInput& in, const Rows& out, std::span<const PackedMatrix> weights, bool all,
                      uint64_t seed) const;
  Check check_sum(bool all, uint64_t seed) const;

  MoeBranchWeights weights_;
  ModelConfig config_;
  EngineOptions options_;
  Workspace workspace_;
  std::optional<Workspace::Scope> scope_;  // ends when the next run begins
  Kept kept_;
  int64_t tokens_ = 0;
};

}  // namespace fp8bench
