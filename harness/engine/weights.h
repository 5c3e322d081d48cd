// The weights of a decoder layer as plain structs, packed for the kernels. Every value is checked while it is loaded:
// an E4M3 NaN code, a scale that is not finite and positive, or a NaN in a BF16 tensor stops the load with the complete
// list.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "harness/checkpoint/tensor_map.h"
#include "kernels/gemm/gemm.h"

namespace fp8bench {

struct LayerWeights {
  // norms, (hidden) unless said
  std::vector<float> input_norm, post_attention_norm, pre_ffn_norm, post_ffn_norm;
  std::vector<float> pre_moe_norm, post_dense_norm, post_moe_norm;
  std::vector<float> q_norm, k_norm;  // (head_dim)
  float layer_scalar = 1.0f;
  PackedMatrix q, k, v, o;     // v.n == 0 where V is K's raw output; k, v empty on KV-sharing layers
  PackedMatrix gate_up, down;  // dense MLP: (2 * ffn, hidden) gate rows first; (hidden, ffn)
  PackedMatrix router;         // (experts, hidden) BF16
  std::vector<float> router_scale, per_expert_scale;      // (hidden), (experts)
  std::vector<PackedMatrix> expert_gate_up, expert_down;  // (2 * moe_ffn, hidden), (hidden, moe_ffn)
  PackedMatrix ple_gate, ple_projection;                  // (ple, hidden), (hidden, ple)
  std::vector<float> ple_norm;                            // (hidden)
  std::vector<float> rope_inv_freq;                       // (head_dim / 2), derived from the config
  int64_t bytes() const;
};

// The model-level half of per-layer embeddings (E2B, E4B).
struct PerLayerInputWeights {
  PackedMatrix projection;  // (layers * ple, hidden)
  std::vector<float> norm;  // (ple)
};

std::shared_ptr<const LayerWeights> load_layer(const Checkpoint& checkpoint, int64_t layer);
PackedMatrix load_linear(const Checkpoint& checkpoint, const LinearRef& linear);
std::vector<float> load_vector(const Checkpoint& checkpoint, const TensorInfo& tensor);

// A checkpoint whose layers can be asked for. Small models are loaded whole, so that their list of bad values is
// complete at once; large ones are loaded, checked and dropped layer by layer.
class Model {
 public:
  explicit Model(Checkpoint checkpoint, int64_t resident_limit_bytes = int64_t{1} << 30);
  const Checkpoint& checkpoint() const { return checkpoint_; }
  const ModelConfig& config() const { return checkpoint_.config; }
  int64_t layer_count() const { return static_cast<int64_t>(checkpoint_.config.layers.size()); }
  std::shared_ptr<const LayerWeights> layer(int64_t index) const;
  const std::vector<float>& final_norm() const { return final_norm_; }
  const PerLayerInputWeights& per_layer_input() const { return per_layer_input_; }
  // (ids) -> (ids, hidden), times the embedding multiplier. Throws InputError for an id outside the vocabulary.
  void embed(const int32_t* ids, int64_t count, float* out) const;
  // (ids) -> (ids, layers * ple), times its multiplier.
  void embed_per_layer(const int32_t* ids, int64_t count, float* out) const;

 private:
  Checkpoint checkpoint_;
  bool resident_ = false;
  mutable std::vector<std::shared_ptr<const LayerWeights>> layers_;
  std::vector<float> final_norm_;
  PerLayerInputWeights per_layer_input_;
};

}  // namespace fp8bench
