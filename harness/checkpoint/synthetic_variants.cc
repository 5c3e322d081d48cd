#include "harness/checkpoint/synthetic_variants.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace fp8bench {
namespace {

constexpr int64_t kVocab = 262144;

// Sources: transformers' convert_gemma4_weights.py and google-deepmind/gemma's configs, which agree.
constexpr std::array kVariants = {
    SyntheticVariant{"gemma-4-26b-a4b",
                     "gemma4",
                     "gemma4_text",
                     2816,
                     30,
                     6,
                     16,
                     8,
                     2,
                     256,
                     512,
                     2112,
                     1024,
                     kVocab,
                     262144,
                     true,
                     0,
                     0,
                     false,
                     128,
                     8,
                     704},
    SyntheticVariant{"gemma-4-31b", "gemma4", "gemma4_text", 5376,   60,   6, 32, 16,    4, 256, 512,
                     21504,         1024,     kVocab,        262144, true, 0, 0,  false, 0, 0,   0},
    SyntheticVariant{"gemma-4-12b",
                     "gemma4_unified",
                     "gemma4_unified_text",
                     3840,
                     48,
                     6,
                     16,
                     8,
                     1,
                     256,
                     512,
                     15360,
                     1024,
                     kVocab,
                     262144,
                     true,
                     0,
                     0,
                     false,
                     0,
                     0,
                     0},
    SyntheticVariant{"gemma-4-e4b", "gemma4", "gemma4_text", 2560,   42,    6,   8,  2,     0, 256, 512,
                     10240,         512,      kVocab,        131072, false, 256, 18, false, 0, 0,   0},
    SyntheticVariant{"gemma-4-e2b", "gemma4", "gemma4_text", 1536,   35,    5,   8,  1,    0, 256, 512,
                     6144,          512,      kVocab,        131072, false, 256, 20, true, 0, 0,   0},
    SyntheticVariant{"tiny-moe", "gemma4", "gemma4_text", 64,   6,    6, 4, 2,     1, 16, 32,
                     96,         8,        512,           4096, true, 0, 0, false, 8, 2,  32},
};

nlohmann::json number_or_null(int64_t value) { return value > 0 ? nlohmann::json(value) : nlohmann::json(nullptr); }

nlohmann::json text_config(const SyntheticVariant& v, int64_t layers) {
  nlohmann::json types = nlohmann::json::array();
  for (int64_t l = 0; l < layers; ++l)
    types.push_back((l + 1) % v.period == 0 ? "full_attention" : "sliding_attention");
  nlohmann::json text = {
      {"attention_bias", false},
      {"attention_dropout", 0.0},
      {"attention_k_eq_v", v.k_eq_v},
      {"bos_token_id", 2},
      {"dtype", "bfloat16"},
      {"eos_token_id", 1},
      {"final_logit_softcapping", 30.0},
      {"global_head_dim", v.global_head_dim},
      {"head_dim", v.head_dim},
      {"hidden_activation", "gelu_pytorch_tanh"},
      {"hidden_size", v.hidden},
      {"initializer_range", 0.02},
      {"intermediate_size", v.ffn},
      {"layer_types", types},
      {"max_position_embeddings", v.context},
      {"model_type", v.text_type},
      {"num_attention_heads", v.heads},
      {"num_global_key_value_heads", number_or_null(v.global_kv_heads)},
      {"num_hidden_layers", layers},
      {"num_key_value_heads", v.kv_heads},
      // a cut model keeps its layers as they are: those that would share K and V are the last ones of the whole model
      {"num_kv_shared_layers", std::max<int64_t>(0, layers - (v.layers - v.kv_shared))},
      {"pad_token_id", 0},
      {"rms_norm_eps", 1e-6},
      {"rope_parameters",
       {{"full_attention", {{"partial_rotary_factor", 0.25}, {"rope_theta", 1e6}, {"rope_type", "proportional"}}},
        {"sliding_attention", {{"rope_theta", 1e4}, {"rope_type", "default"}}}}},
      {"sliding_window", v.window},
      {"tie_word_embeddings", true},
      {"use_bidirectional_attention", nullptr},
      {"use_cache", true},
      {"use_double_wide_mlp", v.double_wide},
      {"vocab_size", v.vocab}};
  if (v.text_type != "gemma4_text") return text;
  text["enable_moe_block"] = v.experts > 0;
  text["hidden_size_per_layer_input"] = v.ple;
  text["moe_intermediate_size"] = number_or_null(v.moe_ffn);
  text["num_experts"] = number_or_null(v.experts);
  text["top_k_experts"] = number_or_null(v.top_k);
  text["vocab_size_per_layer_input"] = v.vocab;
  return text;
}

}  // namespace

std::span<const SyntheticVariant> synthetic_variants() { return kVariants; }

std::string synthetic_config(const SyntheticVariant& variant, int64_t layers) {
  const nlohmann::json config = {
      {"architectures",
       {variant.outer_type == "gemma4" ? "Gemma4ForConditionalGeneration" : "Gemma4UnifiedForConditionalGeneration"}},
      {"audio_config", nullptr},
      {"dtype", "bfloat16"},
      {"eos_token_id", {1, 106, 50}},
      {"initializer_range", 0.02},
      {"model_type", variant.outer_type},
      {"text_config", text_config(variant, layers)},
      {"tie_word_embeddings", true},
      {"vision_config", nullptr}};
  return config.dump(2);
}

}  // namespace fp8bench
