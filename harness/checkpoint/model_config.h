// The model as data: what config.json says, one LayerConfig per decoder layer. A sibling architecture is another parser
// of config and key names (architectures.h), not another forward pass. Source of every field: Hugging Face's
// configuration_gemma4, _gemma3, _llama and _qwen3_moe.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fp8bench {

enum class Activation { kGeluTanh, kSilu };

// What the router multiplies: the MLP's normed input, or (Gemma 4) rms(residual) * router.scale * hidden^-0.5.
enum class RouterInput { kNormed, kScaledResidual };

struct LayerConfig {
  bool sliding = true;           // sliding window, else full attention
  int64_t head_dim = 0;          // sliding: head_dim; full: global_head_dim
  int64_t kv_heads = 0;          // sliding: num_key_value_heads; full: num_global_key_value_heads
  bool v_from_k = false;         // attention_k_eq_v on a full layer: no v_proj, V = the raw k_proj output
  int64_t kv_donor = -1;         // KV sharing (E2B, E4B): the layer whose K and V this one reads; -1: its own
  int64_t ffn = 0;               // width of the dense MLP (twice on sharing layers with use_double_wide_mlp); 0: none
  bool moe = false;              // a MoE branch, in parallel with the dense MLP where there is one
  bool qk_norm = false;          // queries and keys are normed per head, before they rotate
  bool v_norm = false;           // values are divided by their root mean square
  bool output_norms = false;     // attention and MLP outputs are normed before they are added (Gemma)
  bool layer_scalar = false;     // the residual stream is multiplied at the end of the layer
  float attention_scale = 1.0f;  // of the scores q . k
  double rope_theta = 1e4;
  int64_t rope_rotated = 0;  // pairs that rotate: head_dim/2, or int(partial * head_dim / 2) for "proportional"
};

struct ModelConfig {
  std::string model_type;   // "gemma4", "llama", ...: see architectures.h
  std::string text_prefix;  // filled by the tensor map: "model.language_model." or "model."
  int64_t hidden = 0, vocab = 0, heads = 0;
  int64_t window = 0;  // sliding_window, in keys, the query's own included
  int64_t experts = 0, top_k = 0, moe_ffn = 0;
  int64_t ple = 0, ple_vocab = 0;  // per-layer embeddings (E2B, E4B); 0: none
  Activation activation = Activation::kSilu;
  RouterInput router_input = RouterInput::kNormed;
  bool router_renormalised = true;  // the weights of the chosen experts are divided by their sum
  float rms_eps = 1e-6f;
  bool norm_plus_one = false;  // norms multiply by 1 + weight: added when the weights are loaded
  float softcap = 0.0f;        // final_logit_softcapping; 0: none
  bool tied_head = true;
  float embed_scale = 1.0f;  // sqrt(hidden) rounded to BF16
  float ple_scale = 1.0f;    // sqrt(ple) rounded to BF16
  std::vector<int64_t> eos;  // token ids
  int64_t bos = 2, pad = 0;  // -1: none
  std::vector<LayerConfig> layers;
};

// Parses config.json. `where` names the file in errors. Throws InputError for a missing key, a wrong type, an
// unsupported value, or an unknown key of text_config that could change the math (keys known to be harmless are listed
// in the .cc).
ModelConfig parse_model_config(const std::string& config_text, const std::string& where);

}  // namespace fp8bench
