// config.json of Llama, Gemma 3 and Qwen3-MoE: both forms of every key, transformers' defaults, and refusals by name.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/model_config.h"
#include "tests/checkpoint/scratch.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using nlohmann::json;
using test::input_error;

namespace {

ModelConfig parse(const json& config) { return parse_model_config(config.dump(), "dir/config.json"); }
std::string refusal(const json& config) {
  return input_error([&] { parse(config); });
}

json llama() {
  return {
      {"model_type", "llama"},     {"hidden_size", 60},        {"num_attention_heads", 6}, {"vocab_size", 100},
      {"num_hidden_layers", 3},    {"intermediate_size", 128}, {"hidden_act", "silu"},     {"rms_norm_eps", 1e-5},
      {"num_key_value_heads", 2},  {"rope_theta", 100000},     {"rope_scaling", nullptr},  {"head_dim", nullptr},
      {"torch_dtype", "bfloat16"}, {"pretraining_tp", 1},      {"attention_bias", false},  {"rope_interleaved", false}};
}
json gemma3() {
  return {{"model_type", "gemma3_text"}, {"hidden_size", 48},           {"num_attention_heads", 4}, {"vocab_size", 100},
          {"num_hidden_layers", 7},      {"intermediate_size", 96},     {"num_key_value_heads", 1}, {"head_dim", 16},
          {"sliding_window", 8},         {"query_pre_attn_scalar", 24}, {"dtype", "bfloat16"}};
}
json qwen() {
  return {{"model_type", "qwen3_moe"},
          {"hidden_size", 64},
          {"num_attention_heads", 4},
          {"vocab_size", 100},
          {"num_hidden_layers", 5},
          {"intermediate_size", 96},
          {"num_key_value_heads", 2},
          {"head_dim", 32},
          {"num_experts", 8},
          {"num_experts_per_tok", 3},
          {"moe_intermediate_size", 32},
          {"sliding_window", nullptr},
          {"max_window_layers", 4},
          {"use_sliding_window", false}};
}
json with(json config, const char* key, json value) {
  config[key] = std::move(value);
  return config;
}
json without(json config, const char* key) {
  config.erase(key);
  return config;
}

std::vector<int> kinds(const ModelConfig& config) {  // 1: sliding
  std::vector<int> out;
  for (const LayerConfig& layer : config.layers) out.push_back(layer.sliding ? 1 : 0);
  return out;
}
std::vector<int> experts(const ModelConfig& config) {  // 1: MoE
  std::vector<int> out;
  for (const LayerConfig& layer : config.layers) {
    out.push_back(layer.moe ? 1 : 0);
    CHECK((layer.ffn == 0) == layer.moe);
  }
  return out;
}

}  // namespace

TEST_CASE("Llama: pre-norm, SiLU, one rotation over all of a derived head_dim") {
  const ModelConfig config = parse(llama());
  CHECK(config.activation == Activation::kSilu);
  CHECK_FALSE(config.norm_plus_one);
  CHECK_FALSE(config.tied_head);
  CHECK(config.embed_scale == 1.0f);
  CHECK(config.rms_eps == 1e-5f);
  CHECK(config.bos == 1);
  CHECK(config.eos == std::vector<int64_t>{2});
  REQUIRE(config.layers.size() == 3);
  const LayerConfig& layer = config.layers[2];
  CHECK(layer.head_dim == 10);
  CHECK(layer.rope_rotated == 5);
  CHECK(layer.rope_theta == 1e5);
  CHECK(layer.attention_scale == static_cast<float>(1.0 / std::sqrt(10.0)));
  CHECK_FALSE(
      (layer.sliding || layer.qk_norm || layer.v_norm || layer.output_norms || layer.layer_scalar || layer.moe));
  CHECK(parse(with(llama(), "tie_word_embeddings", true)).tied_head);
  CHECK(parse(with(llama(), "head_dim", 14)).layers[0].head_dim == 14);
  CHECK(parse(without(llama(), "num_key_value_heads")).layers[0].kv_heads == 6);
  CHECK(parse(with(llama(), "hidden_act", "gelu_pytorch_tanh")).activation == Activation::kGeluTanh);
}

TEST_CASE("Llama: the base of the rotation, from wherever transformers takes it") {
  const auto theta = [](const json& config) { return parse(config).layers[0].rope_theta; };
  CHECK(theta(without(llama(), "rope_theta")) == 1e4);
  const json inside = {{"rope_type", "default"}, {"rope_theta", 5e5}};
  CHECK(theta(with(without(llama(), "rope_theta"), "rope_parameters", inside)) == 5e5);
  CHECK(theta(with(llama(), "rope_parameters", inside)) == 5e5);  // before the top level's
  CHECK(theta(with(llama(), "rope_parameters", {{"rope_type", "default"}})) == 1e5);
  CHECK(theta(with(llama(), "rope_scaling", {{"type", "default"}})) == 1e5);
  CHECK(theta(with(with(llama(), "rope_scaling", {{"rope_type", "default"}}), "rope_parameters", inside)) == 1e5);
}

TEST_CASE("Gemma 3: norms of 1 + w, a scale of its own, two rotations, a pattern of layers") {
  const ModelConfig config = parse(gemma3());
  CHECK(config.activation == Activation::kGeluTanh);
  CHECK(config.norm_plus_one);
  CHECK(config.tied_head);
  CHECK(config.embed_scale == 6.9375f);  // sqrt(48) = 6.9282 in BF16
  CHECK(config.softcap == 0.0f);
  CHECK(config.window == 8);
  CHECK(kinds(config) == std::vector<int>{1, 1, 1, 1, 1, 0, 1});
  CHECK(config.layers[0].rope_theta == 1e4);
  CHECK(config.layers[5].rope_theta == 1e6);
  CHECK(config.layers[0].attention_scale == static_cast<float>(1.0 / std::sqrt(24.0)));
  CHECK((config.layers[0].qk_norm && config.layers[0].output_norms && !config.layers[0].v_norm));

  CHECK(kinds(parse(with(gemma3(), "sliding_window_pattern", 3))) == std::vector<int>{1, 1, 0, 1, 1, 0, 1});
  CHECK_THAT(refusal(with(gemma3(), "_sliding_window_pattern", 3)), Contains("_sliding_window_pattern: expected"));
  json listed = with(gemma3(), "layer_types", json::array());
  for (const int sliding : {0, 1, 0, 1, 1, 1, 1})
    listed["layer_types"].push_back(sliding == 1 ? "sliding_attention" : "full_attention");
  CHECK(kinds(parse(with(listed, "_sliding_window_pattern", 3))) == std::vector<int>{0, 1, 0, 1, 1, 1, 1});
  listed["layer_types"].erase(0);
  CHECK_THAT(refusal(listed), Contains("layer_types: expected a list of num_hidden_layers = 7 entries"));

  CHECK(parse(with(gemma3(), "final_logit_softcapping", 30.0)).softcap == 30.0f);
  CHECK(parse(with(gemma3(), "attn_logit_softcapping", 50.0)).softcap == 0.0f);  // never applied
  CHECK_FALSE(parse(with(gemma3(), "tie_word_embeddings", false)).tied_head);
  CHECK(parse(without(gemma3(), "head_dim")).layers[0].head_dim == 256);  // not hidden / heads
  CHECK(parse(with(gemma3(), "rope_local_base_freq", 5000)).layers[0].rope_theta == 5e3);
  const ModelConfig newer = parse(with(gemma3(), "rope_parameters",
                                       {{"full_attention", {{"rope_type", "default"}, {"rope_theta", 7e5}}},
                                        {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 9e3}}}}));
  CHECK(newer.layers[0].rope_theta == 9e3);
  CHECK(newer.layers[5].rope_theta == 7e5);
}

TEST_CASE("Qwen3-MoE: which layers have experts, and under which names") {
  const ModelConfig config = parse(qwen());
  CHECK(config.router_input == RouterInput::kNormed);
  CHECK_FALSE(config.router_renormalised);  // the class's default
  CHECK(config.experts == 8);
  CHECK(config.top_k == 3);
  CHECK(config.moe_ffn == 32);
  CHECK(config.layers[0].qk_norm);
  CHECK_FALSE(config.layers[0].output_norms);
  CHECK(config.bos == -1);
  CHECK(config.eos.empty());
  CHECK(experts(config) == std::vector<int>{1, 1, 1, 1, 1});
  CHECK(parse(with(qwen(), "norm_topk_prob", true)).router_renormalised);
  CHECK(experts(parse(with(qwen(), "mlp_only_layers", {2}))) == std::vector<int>{1, 1, 0, 1, 1});
  CHECK(experts(parse(with(qwen(), "decoder_sparse_step", 2))) == std::vector<int>{0, 1, 0, 1, 0});
  CHECK(experts(parse(with(with(qwen(), "decoder_sparse_step", 2), "mlp_only_layers", {3}))) ==
        std::vector<int>{0, 1, 0, 0, 0});
  const ModelConfig dense = parse(with(qwen(), "num_experts", 0));
  CHECK(dense.experts == 0);
  CHECK(experts(dense) == std::vector<int>{0, 0, 0, 0, 0});
  CHECK(parse(with(without(qwen(), "num_experts"), "num_local_experts", 6)).experts == 6);
  CHECK_THAT(refusal(with(qwen(), "num_local_experts", 6)),
             Contains("num_experts: expected the 6 of num_local_experts"));
  CHECK_THAT(refusal(with(qwen(), "num_experts_per_tok", 9)), Contains("num_experts_per_tok: expected"));
}

TEST_CASE("What would change the computation and is not covered is refused by name") {
  const json scaled = {{"rope_type", "llama3"}, {"factor", 8.0}};
  CHECK_THAT(refusal(with(llama(), "rope_scaling", scaled)),
             Contains("dir/config.json: rope_scaling.rope_type: expected \"default\", found \"llama3\""));
  CHECK_THAT(refusal(with(llama(), "rope_scaling", {{"type", "linear"}, {"factor", 2}})),
             Contains("rope_scaling.type: expected \"default\""));
  CHECK_THAT(refusal(with(llama(), "rope_parameters", {{"rope_type", "yarn"}})), Contains("rope_parameters.rope_type"));
  CHECK_THAT(refusal(with(llama(), "rope_interleaved", true)), Contains("rope_interleaved"));
  CHECK_THAT(refusal(with(llama(), "partial_rotary_factor", 0.5)), Contains("partial_rotary_factor"));
  CHECK_THAT(refusal(with(llama(), "sliding_window", 16)), Contains("sliding_window"));
  CHECK_THAT(refusal(with(llama(), "mlp_bias", true)), Contains("mlp_bias"));
  CHECK_THAT(refusal(with(llama(), "attn_logit_softcapping", 50.0)), Contains("attn_logit_softcapping"));
  CHECK_THAT(refusal(with(llama(), "hidden_act", "gelu")), Contains("hidden_act"));
  CHECK_THAT(refusal(with(llama(), "head_dim", 15)), Contains("head_dim: expected an even number"));
  CHECK_THAT(refusal(with(llama(), "num_key_value_heads", 4)), Contains("num_key_value_heads: expected a divisor"));
  CHECK_THAT(refusal(with(llama(), "hidden_size", 64)), Contains("hidden_size: expected a multiple"));
  CHECK_THAT(refusal(with(llama(), "residual_multiplier", 0.2)), Contains("residual_multiplier"));
  CHECK_THAT(refusal(with(gemma3(), "attention_bias", true)), Contains("attention_bias"));
  CHECK_THAT(refusal(with(gemma3(), "use_bidirectional_attention", true)), Contains("use_bidirectional_attention"));
  CHECK_THAT(refusal(with(gemma3(), "rope_scaling", {{"rope_type", "linear"}, {"factor", 8.0}})),
             Contains("rope_scaling.rope_type"));
  CHECK_THAT(refusal(with(gemma3(), "query_pre_attn_scalar", 0)), Contains("query_pre_attn_scalar"));
  CHECK_THAT(refusal(with(qwen(), "use_sliding_window", true)), Contains("use_sliding_window"));
  CHECK_THAT(refusal(with(qwen(), "shared_expert_intermediate_size", 32)), Contains("shared_expert_intermediate_size"));
  CHECK_THAT(refusal(with(llama(), "model_type", "mistral")),
             Contains("model_type: expected one of") && Contains("\"qwen3_moe\"") && Contains("found \"mistral\""));
}

TEST_CASE("Every architecture is found by each of its model types, and by no other's") {
  for (const Architecture* architecture : architectures()) {
    CHECK_FALSE(architecture->summary.empty());
    REQUIRE_FALSE(architecture->model_types.empty());
    for (const std::string_view type : architecture->model_types) CHECK(find_architecture(type) == architecture);
  }
  CHECK(find_architecture("mamba") == nullptr);
}
