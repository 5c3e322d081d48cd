// config.json texts for tests: small and complete, to be changed one field at a time.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace fp8bench::test {

// The structure of 26B-A4B, in the published form.
inline nlohmann::json moe_config() {
  return nlohmann::json::parse(R"({
    "architectures": ["Gemma4ForConditionalGeneration"], "dtype": "bfloat16", "eos_token_id": [1, 106, 50], "model_type": "gemma4",
    "audio_config": null, "vision_config": null, "tie_word_embeddings": true, "transformers_version": "5.5.0",
    "text_config": {
      "attention_bias": false, "attention_dropout": 0.0, "attention_k_eq_v": true, "bos_token_id": 2, "dtype": "bfloat16",
      "enable_moe_block": true, "eos_token_id": 1, "final_logit_softcapping": 30.0, "global_head_dim": 32, "head_dim": 16,
      "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 40, "hidden_size_per_layer_input": 0, "initializer_range": 0.02,
      "intermediate_size": 48, "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
      "max_position_embeddings": 4096, "model_type": "gemma4_text", "moe_intermediate_size": 24, "num_attention_heads": 4,
      "num_experts": 8, "num_global_key_value_heads": 1, "num_hidden_layers": 3, "num_key_value_heads": 2,
      "num_kv_shared_layers": 0, "pad_token_id": 0, "rms_norm_eps": 1e-06,
      "rope_parameters": {"full_attention": {"partial_rotary_factor": 0.25, "rope_theta": 1000000.0, "rope_type": "proportional"},
                          "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}},
      "sliding_window": 8, "tie_word_embeddings": true, "top_k_experts": 2, "use_bidirectional_attention": "vision",
      "use_cache": true, "use_double_wide_mlp": false, "vocab_size": 512, "vocab_size_per_layer_input": 512}})");
}

// The structure of E2B: per-layer embeddings, the last two layers share K and V and have double-wide MLPs.
inline nlohmann::json ple_config() {
  nlohmann::json config = moe_config();
  nlohmann::json& text = config["text_config"];
  text["enable_moe_block"] = false;
  text["attention_k_eq_v"] = false;
  text["hidden_size_per_layer_input"] = 8;
  text["num_global_key_value_heads"] = nullptr;
  text["use_double_wide_mlp"] = true;
  text["num_kv_shared_layers"] = 2;
  text["num_hidden_layers"] = 5;
  text["layer_types"] = {"sliding_attention", "sliding_attention", "full_attention", "sliding_attention",
                         "full_attention"};
  return config;
}

inline nlohmann::json fp8_dynamic_config() {
  return nlohmann::json::parse(R"({
    "config_groups": {"FP8_DYNAMIC": {"format": "float-quantized",
      "input_activations": {"actorder": null, "block_structure": null, "dynamic": true, "group_size": null, "num_bits": 8, "observer": null,
        "observer_kwargs": {}, "scale_dtype": null, "strategy": "token", "symmetric": true, "type": "float", "zp_dtype": null},
      "output_activations": null, "targets": ["Linear"],
      "weights": {"actorder": null, "block_structure": null, "dynamic": false, "group_size": null, "num_bits": 8, "observer": null,
        "observer_kwargs": {}, "scale_dtype": null, "strategy": "channel", "symmetric": true, "type": "float", "zp_dtype": null}}},
    "format": "float-quantized", "global_compression_ratio": null,
    "ignore": ["lm_head", "re:.*embed.*", "re:.*router", "re:.*vision_tower.*", "re:.*norm.*"], "kv_cache_scheme": null,
    "quant_method": "compressed-tensors", "quantization_status": "compressed", "transform_config": {}, "version": "0.19.0"})");
}

}  // namespace fp8bench::test
