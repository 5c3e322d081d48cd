// The ops of the forward pass, each one line where it is used. Everything that depends on the numeric policy, the
// weights' dtype, the linear mode or an injected fault is decided in here, so that the model files only say what is
// computed.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "harness/checkpoint/model_config.h"
#include "harness/engine/options.h"
#include "harness/engine/weights.h"
#include "harness/engine/workspace.h"
#include "kernels/attention/attention.h"
#include "kernels/quantize/quantize_behind.h"

namespace fp8bench {

// A run of consecutive tokens of one sequence inside a flat batch of rows.
struct Piece {
  int64_t row = 0, tokens = 0;
  int64_t first = 0;              // position of its first token
  KvCacheLayer* cache = nullptr;  // of the layer at hand; a donor's on KV-sharing layers
  // Begins a sequence that continues another: the cache starts as that one's first `first` tokens. If those are among
  // these rows, the piece belongs to a later wave than they do.
  const KvCacheLayer* parent = nullptr;
  int64_t wave = 0;
};

// What the rows of a batch are.
struct RowInfo {
  std::span<const Piece> pieces;
  const int32_t* positions = nullptr;  // (rows)
  const uint64_t* keys = nullptr;      // (rows) see token_keys; null when nothing is perturbed
};

KvCacheLayer empty_cache(const LayerConfig& layer, KvDType dtype);

// A key per token that depends on the seed and on the tokens up to it, so that a perturbation follows its text: it is
// the same in any batch, cut, shard and cache. `state` carries on from the sequence's earlier tokens.
void token_keys(uint64_t& state, std::span<const int32_t> ids, uint64_t* keys);
uint64_t first_token_key(uint64_t seed);

// Which input of a layer: part of the perturbation's key.
enum class Site : uint64_t {
  kAttentionIn,
  kAttentionOut,
  kDenseIn,
  kDenseDown,
  kExpertIn,
  kExpertDown,
  kPleIn,
  kPleProjection,
  kPleModel
};

// The input of one or several linears, quantized at most once: vLLM quantizes what q, k and v (or gate and up) share
// only once.
struct LinearInput {
  Rows plain;                     // in front of weights that take unquantized activations; else perhaps without data
  Rows codes;                     // values of E4M3 codes; empty when no linear here takes them
  const float* scales = nullptr;  // (rows) of the codes
};

// Expert choice of the rows at hand.
struct RoutingRows {
  float* logits = nullptr;   // (rows, experts)
  int32_t* index = nullptr;  // (rows, top_k), best first
  float* weight = nullptr;   // (rows, top_k)
  bool forced = false;       // index is given
};

// Rows (token, rank) sorted by expert.
struct ExpertOrder {
  const int64_t* token = nullptr;    // (rows * top_k) token of each sorted row
  const int64_t* where = nullptr;    // (rows, top_k) sorted row of each (token, rank)
  const float* weight = nullptr;     // (rows * top_k) routing weight of each sorted row
  std::span<const int64_t> offsets;  // experts + 1
  int64_t rows = 0;
};

class Ops {
 public:
  Ops(const ModelConfig& config, const EngineOptions& options, Workspace& workspace)
      : config_(config), options_(options), workspace_(workspace) {}
  void begin_layer(int64_t layer, const RowInfo& rows) { layer_ = layer, rows_ = rows; }

  const EngineOptions& options() const { return options_; }
  Workspace& workspace() const { return workspace_; }
  bool has_fault(EngineFault fault) const { return options_.fault == fault; }

  Rows rows(int64_t count, int64_t width) const { return workspace_.rows(count, width); }
  Rows copy(const Rows& x) const;

  // Norms: rms(x) * weight over each row of weight.size() elements, which are heads where x has several side by side.
  Rows norm(const Rows& x, const std::vector<float>& weight) const;
  Rows rms(const Rows& x, int64_t width) const;                                          // without weight
  void rope(const Rows& x, int64_t head_dim, const std::vector<float>& inv_freq) const;  // in place

  // `linears`: everything this input will be multiplied with.
  LinearInput input(const Rows& x, Site site, std::initializer_list<const PackedMatrix*> linears) const;
  Rows linear(const LinearInput& x, const PackedMatrix& weight) const;
  Rows linear(const Rows& x, Site site, const PackedMatrix& weight) const {
    return linear(input(x, site, {&weight}), weight);
  }
  // The same of rms(x) * weight: in one pass where the linears take nothing but its codes.
  LinearInput norm_input(const Rows& x, const std::vector<float>& weight, Site site,
                         std::initializer_list<const PackedMatrix*> linears) const;
  // activation(gate) * up, with the model's activation.
  Rows gated(const Rows& gate_up) const;                // [gate | up]
  Rows gated(const Rows& gate, const float* up) const;  // up: (rows, width)
  // gated rows that only feed `weight`, in one pass likewise.
  LinearInput gated_input(const Rows& gate_up, Site site, const PackedMatrix& weight) const;
  Rows add(const Rows& a, const Rows& b) const;
  void scale(const Rows& x, float factor) const;  // in place

  void append_kv(const Rows& k, const Rows& v) const;  // to every piece's cache
  Rows attention(const Rows& q, const LayerConfig& layer) const;

  // Gemma 4's router reads the raw residual, not the experts' normed input.
  bool router_reads_residual() const {
    return config_.router_input == RouterInput::kScaledResidual && !has_fault(EngineFault::kRouterNormedInput);
  }
  // What the router multiplies: rms(x) * router.scale * hidden^-0.5, or x as it is (RouterInput).
  Rows router_input(const Rows& x, const LayerWeights& weights) const;
  void route(const Rows& x, const LayerWeights& weights, const RoutingRows& routing) const;
  ExpertOrder sort_by_expert(const RoutingRows& routing, int64_t tokens) const;
  LinearInput gather(const LinearInput& x, const ExpertOrder& order) const;
  // gated of sorted rows, quantized per (token, expert) row.
  LinearInput expert_middle(const Rows& gate_up, const ExpertOrder& order, const PackedMatrix& weight) const;
  Rows grouped_linear(const LinearInput& x, const ExpertOrder& order, std::span<const PackedMatrix> weights) const;
  Rows combine(const Rows& experts, const ExpertOrder& order, const RoutingRows& routing, int64_t tokens) const;

  void round(const Rows& x) const;  // to what the policy keeps between ops, in place

 private:
  Rows gated(const float* gate, const float* up, int64_t count, int64_t width, int64_t stride) const;
  bool takes_codes(const PackedMatrix& weight) const;
  bool takes_only_codes(std::initializer_list<const PackedMatrix*> linears) const;
  // Of quantized activations; what they should be but for injected faults: dynamic, to the nearest.
  float static_activation_scale() const;
  E4M3Rounding activation_rounding() const;
  // What fused ops write: codes in the place of `made`, and their scales.
  RowCodes row_codes(const Rows& made) const;
  static LinearInput only_codes(const Rows& made, const RowCodes& codes);
  LinearInput expert_input(const Rows& x, const ExpertOrder& order, const PackedMatrix& weight) const;
  LinearInput quantized_input(const Rows& x, Site site, bool perturbable, bool codes, const uint64_t* keys) const;
  const uint64_t* site_keys(int64_t rows, Site site, const uint64_t* keys) const;

  const ModelConfig& config_;
  const EngineOptions& options_;
  Workspace& workspace_;
  int64_t layer_ = 0;
  RowInfo rows_;
};

}  // namespace fp8bench
