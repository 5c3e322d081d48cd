// What config files of several architectures have in common, read in one way.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checkpoint/model_config.h"
#include "harness/io/json_fields.h"

namespace fp8bench {

inline constexpr int64_t kMaxSize = int64_t{1} << 24;  // of any width, far above every published model
inline constexpr int64_t kMaxLayers = 1024, kMaxExperts = 4096, kMaxHeads = 4096;

// Keys that cannot change what a text forward pass computes.
std::span<const std::string_view> harmless_config_keys();

std::vector<int64_t> parse_token_ids(JsonFields& fields, const std::string& key);
float parse_rms_eps(JsonFields& fields);
float parse_softcap(JsonFields& fields);  // final_logit_softcapping; 0: none
float sqrt_in_bf16(int64_t width);        // an embedding multiplier

// What a config says when it does not say it: the defaults of transformers' class.
struct DecoderDefaults {
  int64_t kv_heads = 0, head_dim = 0, ffn = 0;  // 0: num_attention_heads; hidden_size / num_attention_heads; required
  bool tied_head = false;
  int64_t bos = -1, eos = -1, pad = -1;  // -1: none
};

// A flat config.json, as Llama's descendants have it: widths, heads, norms, special tokens, and layers that all have
// full attention, a dense MLP and attention_scale head_dim^-0.5. Refuses biases. Rotations, activation and everything
// that only one architecture has are the caller's.
void parse_decoder(JsonFields& fields, const DecoderDefaults& defaults, ModelConfig& config);

// hidden_act or hidden_activation: silu or gelu_pytorch_tanh.
Activation parse_activation(JsonFields& fields, const std::string& key, Activation absent);

// The base of one rotation over all of head_dim, from rope_parameters (or rope_scaling) or the top-level rope_theta, in
// transformers' order of precedence. Any scaling of the positions is refused by name.
double parse_rope_theta(JsonFields& fields);
// The same inside one object of rope_parameters.
double parse_plain_rope(JsonFields rope, double absent);

// Refuses layer_types other than full_attention and use_sliding_window: a window that transformers' class would apply
// to all layers and other engines to none.
void refuse_windows(JsonFields& fields);

}  // namespace fp8bench
