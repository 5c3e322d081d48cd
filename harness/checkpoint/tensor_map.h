// Which tensor of the checkpoint is which weight of the model. Built once and complete: every tensor is mapped, skipped
// by an explicit rule (vision, audio, dead K/V of sharing layers) and counted, or an error; the error lists everything
// that is wrong.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/checkpoint/model_config.h"
#include "harness/checkpoint/quant_scheme.h"
#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

// One linear layer inside the checkpoint: (outputs, inputs) in rows [row_begin, row_begin + outputs) of `weight`.
struct LinearRef {
  const TensorInfo* weight = nullptr;  // null: absent in this layer
  const TensorInfo* scale = nullptr;   // weight_scale (outputs, 1), FP8 only
  int64_t row_begin = 0;               // fused 3-D experts: gate rows first, then up rows
  int64_t outputs = 0, inputs = 0;
  explicit operator bool() const { return weight != nullptr; }
};

struct LayerTensors {
  const TensorInfo *input_norm = nullptr, *post_attention_norm = nullptr, *pre_ffn_norm = nullptr,
                   *post_ffn_norm = nullptr;
  const TensorInfo *pre_moe_norm = nullptr, *post_dense_norm = nullptr,
                   *post_moe_norm = nullptr;  // _2, _1, _2; MoE layers
  const TensorInfo *q_norm = nullptr, *k_norm = nullptr, *layer_scalar = nullptr;
  LinearRef q, k, v, o, gate, up, down;
  LinearRef router;  // BF16 always
  const TensorInfo *router_scale = nullptr, *per_expert_scale = nullptr;
  std::vector<LinearRef> expert_gate, expert_up, expert_down;  // one per expert
  LinearRef ple_gate, ple_projection;                          // per_layer_input_gate, per_layer_projection
  const TensorInfo* ple_norm = nullptr;                        // post_per_layer_input_norm
};

// What a tensor is, for coverage tables.
enum class TensorClass {
  kAttention,
  kDenseMlp,
  kExpert,
  kRouter,
  kEmbedding,
  kHead,
  kNorm,
  kScalar,
  kPerLayerInput,
  kVision,
  kAudio,
  kOther
};
std::string tensor_class_name(TensorClass c);
// By name alone (works for tensors of any source).
TensorClass classify_tensor(const std::string& name);

struct TensorMap {
  const TensorInfo *embedding = nullptr, *final_norm = nullptr, *head = nullptr;  // head null when tied
  const TensorInfo *ple_embedding = nullptr, *ple_model_norm = nullptr;
  LinearRef ple_model_projection;
  std::vector<LayerTensors> layers;
  std::vector<const TensorInfo*> skipped;  // by rule
};

// A validated checkpoint: what the engine loads.
struct Checkpoint {
  TensorSourcePtr source;
  ModelConfig config;
  QuantScheme scheme;
  TensorMap tensors;
};

// Throws InputError with the complete list of unmapped, missing, wrongly typed or shaped tensors. Values (NaN codes,
// scales) are checked by the loader of each tensor, see weights loading in harness/engine, and by the audit.
Checkpoint open_checkpoint(TensorSourcePtr source);
Checkpoint open_checkpoint(const std::string& spec);

}  // namespace fp8bench
