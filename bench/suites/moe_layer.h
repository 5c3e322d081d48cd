// One side (BF16 or FP8) of a true-shape MoE layer, op by op, as the kernel rows time it. The FP8 side's ops include
// the quantization of their input: that step is part of what FP8 costs.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "harness/engine/weights.h"

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
  MoeLayerWork(std::shared_ptr<const LayerWeights> weights, int64_t top_k, float eps);

  // Fills routing, gathered rows and activations of `input`, so that each op can be timed alone.
  void prepare(const MoeInput& input);
  void router(const MoeInput& input);
  void gate_up(const MoeInput& input);
  void activation();
  void down();
  void combine();
  void layer(const MoeInput& input);  // all of them

  int64_t rows() const { return static_cast<int64_t>(order_.size()); }
  int64_t hidden() const { return hidden_; }
  int64_t ffn() const { return ffn_; }
  int64_t tokens() const { return tokens_; }
  int64_t active_experts() const;
  int64_t gate_up_bytes() const;  // weight bytes that the active experts read
  int64_t down_bytes() const;

  // For the exact checks: what each GEMM consumed and produced.
  GemmArgs router_args() const;
  GemmArgs gate_up_args(int64_t row) const;  // of one row, with that row's expert
  GemmArgs down_args(int64_t row) const;
  const float* gate_up_output() const { return gate_up_out_.data(); }
  const float* down_output() const { return down_out_.data(); }
  const float* router_output() const { return logits_.data(); }
  const float* output() const { return out_.data(); }
  // The weighted sum in double, and the sum of its terms' magnitudes (what the roundings scale with).
  double combined(int64_t token, int64_t column, double& magnitude) const;

 private:
  void sort_by_expert();
  bool quantized() const { return weights_->expert_gate_up.front().dtype == DType::kF8E4M3; }

  std::shared_ptr<const LayerWeights> weights_;
  int64_t top_k_, experts_, hidden_, ffn_, tokens_ = 0;
  float eps_;
  std::vector<float> router_in_, logits_, weight_;
  std::vector<int32_t> index_;
  std::vector<int64_t> offsets_, order_;  // order_[row] = token * top_k + rank, rows sorted by expert
  std::vector<int32_t> row_expert_;
  std::vector<int64_t> row_of_;              // token * top_k + rank -> row
  std::vector<float> codes_, token_scales_;  // (tokens, hidden), (tokens)
  std::vector<float> gathered_, gathered_scales_, gate_up_out_, activation_out_, down_in_, down_scales_, down_out_,
      out_;
};

}  // namespace fp8bench
