#include "harness/checkpoint/model_config.h"

#include <catch2/catch.hpp>

#include "harness/checkpoint/synthetic_variants.h"
#include "harness/io/text_file.h"
#include "tests/checkpoint/gemma4_config.h"
#include "tests/checkpoint/scratch.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using test::input_error;
using test::moe_config;
using test::ple_config;

namespace {

ModelConfig parse(const nlohmann::json& config) { return parse_model_config(config.dump(), "dir/config.json"); }
std::string refusal(const nlohmann::json& config) {
  return input_error([&] { parse(config); });
}
std::string refusal_with(const std::string& key, const nlohmann::json& value) {
  nlohmann::json config = moe_config();
  config["text_config"][key] = value;
  return refusal(config);
}

}  // namespace

TEST_CASE("The published form of a mixture-of-experts config") {
  const ModelConfig config = parse(moe_config());
  CHECK(config.hidden == 40);
  CHECK(config.embed_scale == 6.3125f);  // sqrt(40) = 6.3246 in BF16
  CHECK(config.eos == std::vector<int64_t>{1, 106, 50});
  CHECK(config.softcap == 30.0f);
  CHECK(config.tied_head);
  CHECK(config.experts == 8);
  CHECK(config.ple == 0);
  REQUIRE(config.layers.size() == 3);
  const LayerConfig &sliding = config.layers[0], &full = config.layers[2];
  CHECK(sliding.head_dim == 16);
  CHECK(sliding.kv_heads == 2);
  CHECK_FALSE(sliding.v_from_k);
  CHECK(sliding.rope_theta == 1e4);
  CHECK(sliding.rope_rotated == 8);
  CHECK(full.head_dim == 32);
  CHECK(full.kv_heads == 1);
  CHECK(full.v_from_k);
  CHECK(full.rope_theta == 1e6);
  CHECK(full.rope_rotated == 4);
  CHECK(full.moe);
}

TEST_CASE("Newer files say the full layers' heads in per_layer_config") {
  nlohmann::json config = moe_config();
  config["text_config"].erase("global_head_dim");
  config["text_config"].erase("num_global_key_value_heads");
  config["text_config"]["per_layer_config"] = {{"2", {{"head_dim", 32}, {"num_key_value_heads", 1}}}};
  CHECK(parse(config).layers[2].head_dim == 32);
  CHECK(parse(config).layers[2].kv_heads == 1);
  CHECK(parse(config).layers[0].head_dim == 16);

  config["text_config"]["global_head_dim"] = 64;
  CHECK_THAT(refusal(config), Contains("text_config.per_layer_config.2: expected the same as global_head_dim 64"));
  config["text_config"].erase("global_head_dim");
  config["text_config"]["per_layer_config"]["2"]["intermediate_size"] = 7;
  CHECK_THAT(refusal(config), Contains("text_config.per_layer_config.2.intermediate_size: expected no such key"));
  config["text_config"]["per_layer_config"] = {{"3", {{"head_dim", 32}}}};
  CHECK_THAT(refusal(config), Contains("text_config.per_layer_config.3: expected a layer from 0 to 2"));
}

TEST_CASE(
    "KV sharing: each sharing layer reads the last earlier layer of its own kind, and its MLP may be double-wide") {
  const ModelConfig config = parse(ple_config());
  REQUIRE(config.layers.size() == 5);
  CHECK(config.layers[3].kv_donor == 1);
  CHECK(config.layers[4].kv_donor == 2);
  CHECK(config.layers[1].kv_donor == -1);
  CHECK(config.layers[2].ffn == 48);
  CHECK(config.layers[3].ffn == 96);
  CHECK(config.layers[4].kv_heads == 2);
  CHECK_FALSE(config.layers[4].v_from_k);
  CHECK(config.ple == 8);
  CHECK(config.ple_vocab == 512);
  nlohmann::json orphan = ple_config();
  orphan["text_config"]["num_kv_shared_layers"] = 4;
  CHECK_THAT(refusal(orphan),
             Contains("text_config.num_kv_shared_layers: expected a full layer before layer 1 that lends its K and V"));
  orphan["text_config"].erase("num_kv_shared_layers");
  CHECK_THAT(refusal(orphan), Contains("text_config.num_kv_shared_layers: expected a number of layers (versions of "
                                       "transformers disagree on its default)"));
}

TEST_CASE("A text-only file has the same keys at the top") {
  nlohmann::json config = moe_config()["text_config"];
  config["quantization_config"] = test::fp8_dynamic_config();
  config["architectures"] = {"Gemma4ForCausalLM"};
  CHECK(parse(config).layers.size() == 3);
  CHECK(parse(config).eos == std::vector<int64_t>{1});
}

TEST_CASE("The 12B is of the unified kind") {
  nlohmann::json config = moe_config();
  config["model_type"] = "gemma4_unified";
  config["text_config"]["model_type"] = "gemma4_unified_text";
  CHECK_THAT(refusal(config), Contains("text_config.enable_moe_block: expected false, found true"));
  config["text_config"]["enable_moe_block"] = false;
  config["text_config"].erase("sliding_window");
  CHECK(parse(config).window == 1024);
  CHECK(parse(config).experts == 0);
  config["text_config"]["model_type"] = "gemma4_text";
  CHECK_THAT(refusal(config),
             Contains("text_config.model_type: expected \"gemma4_unified_text\", found \"gemma4_text\""));
}

TEST_CASE("Rotation comes from the file: base, share, and the rounding of the share") {
  nlohmann::json config = moe_config();
  config["text_config"]["head_dim"] = 12;
  config["text_config"]["global_head_dim"] = 20;
  config["text_config"]["rope_parameters"]["full_attention"] = {
      {"rope_type", "proportional"}, {"rope_theta", 250000}, {"partial_rotary_factor", 0.25}};
  CHECK(parse(config).layers[2].rope_rotated == 2);  // int(0.25 * 20 / 2) = int(2.5)
  CHECK(parse(config).layers[2].rope_theta == 250000.0);
  CHECK(parse(config).layers[0].rope_rotated == 6);
  config["text_config"].erase("rope_parameters");
  CHECK(parse(config).layers[2].rope_theta == 1e6);
  CHECK(parse(config).layers[0].rope_theta == 1e4);
}

TEST_CASE("Missing layer types are five sliding layers and a full one") {
  nlohmann::json config = moe_config();
  config["text_config"].erase("layer_types");
  config["text_config"]["num_hidden_layers"] = 8;
  const ModelConfig parsed = parse(config);
  CHECK(parsed.layers[4].sliding);
  CHECK_FALSE(parsed.layers[5].sliding);
  CHECK(parsed.layers[6].sliding);
  CHECK_FALSE(parsed.layers[7].sliding);  // the last one is always full
  config["text_config"]["sliding_window_pattern"] = 4;
  CHECK_THAT(refusal(config), Contains("text_config.sliding_window_pattern: expected no such key"));
}

TEST_CASE("The multiplier of the embedding is rounded to BF16 in every model of the family") {
  const std::vector<float> expected = {53.0f, 73.5f, 62.0f, 50.5f, 39.25f, 8.0f};
  size_t i = 0;
  for (const SyntheticVariant& variant : synthetic_variants())
    CHECK(parse_model_config(synthetic_config(variant, variant.layers), "synth").embed_scale == expected.at(i++));
}

TEST_CASE("The published models") {
  const auto config = [](size_t i) {
    const SyntheticVariant& variant = synthetic_variants()[i];
    return parse_model_config(synthetic_config(variant, variant.layers), std::string(variant.name));
  };
  const ModelConfig moe = config(0), dense = config(1), unified = config(2), e4b = config(3), e2b = config(4);
  CHECK(moe.layers.size() == 30);
  CHECK(moe.layers[29].v_from_k);
  CHECK(moe.layers[29].rope_rotated == 64);
  CHECK(moe.layers[29].kv_heads == 2);
  CHECK(dense.layers[59].kv_heads == 4);
  CHECK(unified.layers[47].kv_heads == 1);
  CHECK(e4b.layers[24].kv_donor == 22);
  CHECK(e4b.layers[29].kv_donor == 23);
  CHECK(e2b.layers[15].kv_donor == 13);
  CHECK(e2b.layers[34].kv_donor == 14);
  CHECK(e2b.layers[34].ffn == 2 * 6144);
  CHECK(e2b.ple_scale == 16.0f);
}

TEST_CASE("A config that means something else is refused by field") {
  CHECK_THAT(refusal_with("attention_bias", true),
             Contains("dir/config.json: text_config.attention_bias: expected false, found true"));
  CHECK_THAT(refusal_with("hidden_activation", "gelu"),
             Contains("text_config.hidden_activation: expected \"gelu_pytorch_tanh\", found \"gelu\""));
  CHECK_THAT(refusal_with("use_bidirectional_attention", "all"),
             Contains("text_config.use_bidirectional_attention: expected \"vision\", found \"all\""));
  CHECK_THAT(refusal_with("attn_logit_softcapping", 50.0),
             Contains("text_config.attn_logit_softcapping: expected no such key"));
  CHECK_THAT(refusal_with("query_pre_attn_scalar", 256),
             Contains("text_config.query_pre_attn_scalar: expected no such key"));
  CHECK_THAT(refusal_with("quantization_config", {{"bits", 4}}),
             Contains("text_config.quantization_config: expected no such key"));
  CHECK_THAT(refusal_with("layer_types", {"sliding_attention"}),
             Contains("text_config.layer_types: expected a list of num_hidden_layers = 3 entries"));
  CHECK_THAT(
      refusal_with("layer_types", {"sliding_attention", "linear", "full_attention"}),
      Contains("text_config.layer_types: expected \"sliding_attention\" or \"full_attention\", found \"linear\""));
  CHECK_THAT(refusal_with("top_k_experts", 9),
             Contains("text_config.top_k_experts: expected an integer from 1 to 8, found 9"));
  CHECK_THAT(refusal_with("num_experts", nullptr),
             Contains("text_config.num_experts: expected an integer from 1 to 4096, found nothing"));
  CHECK_THAT(refusal_with("hidden_size", 40.5), Contains("text_config.hidden_size: expected an integer"));
  CHECK_THAT(refusal_with("hidden_size", -1), Contains("found -1"));
  CHECK_THAT(refusal_with("num_attention_heads", 3),
             Contains("key-value heads of layer 0: expected a divisor of num_attention_heads = 3, found 2"));
  CHECK_THAT(refusal_with("head_dim", 15), Contains("head_dim of layer 0: expected an even number, found 15"));
  CHECK_THAT(refusal_with("rms_norm_eps", 0), Contains("text_config.rms_norm_eps: expected a number above 0"));
  CHECK_THAT(refusal_with("final_logit_softcapping", -30), Contains("text_config.final_logit_softcapping"));
  CHECK_THAT(refusal_with("tie_word_embeddings", false),
             Contains("text_config.tie_word_embeddings: expected the true of the top level, found false"));
  CHECK_THAT(refusal_with("eos_token_id", "x"),
             Contains("text_config.eos_token_id: expected a token id or a list of them, found \"x\""));
  CHECK(refusal_with("attn_logit_softcapping", nullptr).empty());
  CHECK(refusal_with("max_position_embeddings", 7).empty());
}

TEST_CASE("A rotation that is not covered is refused by field") {
  const auto with = [](const std::string& kind, const std::string& key, const nlohmann::json& value) {
    nlohmann::json config = moe_config();
    config["text_config"]["rope_parameters"][kind][key] = value;
    return refusal(config);
  };
  const std::string full = "text_config.rope_parameters.full_attention.";
  CHECK_THAT(with("full_attention", "rope_type", "yarn"),
             Contains(full + "rope_type: expected \"default\" or \"proportional\", found \"yarn\""));
  CHECK_THAT(with("full_attention", "factor", 8.0), Contains(full + "factor: expected 1"));
  CHECK_THAT(with("full_attention", "attention_factor", 1.1),
             Contains(full + "attention_factor: expected no such key"));
  CHECK_THAT(with("full_attention", "partial_rotary_factor", 1.5), Contains(full + "partial_rotary_factor"));
  CHECK_THAT(with("full_attention", "rope_theta", nullptr),
             Contains(full + "rope_theta: expected a number above 0, found nothing"));
  CHECK_THAT(with("full_attention", "rope_type", "default"), Contains("expected 1 with rope_type default, found 0.25"));
  CHECK_THAT(with("sliding_attention", "partial_rotary_factor", 0.5),
             Contains("sliding_attention.partial_rotary_factor"));
  CHECK_THAT(with("linear_attention", "rope_type", "default"),
             Contains("text_config.rope_parameters.linear_attention: expected no such key"));
}

TEST_CASE("A file that is no such config is refused") {
  const auto text = [](const std::string& content) {
    return input_error([&] { parse_model_config(content, "dir/config.json"); });
  };
  CHECK_THAT(text(R"({"model_type": "mamba"})"), Contains("model_type: expected one of \"gemma4\""));
  CHECK_THAT(text("{}"), Contains("dir/config.json: model_type: expected a string, found nothing"));
  CHECK_THAT(text("[]"), Contains("dir/config.json: file: expected an object, found []"));
  CHECK_THAT(text("{"), Contains("dir/config.json: byte 1: expected JSON, found a parse error"));
  CHECK_THAT(text(R"({"a": 1, "a": 2})"), Contains("expected every key once, found \"a\" twice"));
  CHECK_THAT(text(R"({"model_type": "gemma4", "text_config": 3})"),
             Contains("text_config: expected an object, found 3"));
  CHECK_THAT(text(std::string(1000, '[')), Contains("nested levels"));
  CHECK_THAT(text("{\"a\": \"\xC3\x28\"}"), Contains("expected JSON, found a parse error"));
}

TEST_CASE("The goldens' configs are read") {
  for (const char* name : {"tiny-moe/bf16", "tiny-moe/fp8", "tiny-dense/bf16", "tiny-dense/fp8", "tiny-e2b/bf16"}) {
    FP8BENCH_REQUIRE_DATA(goldens, "goldens");
    INFO(name);
    const std::filesystem::path path = goldens / name / "config.json";
    const ModelConfig config = parse_model_config(read_text_file(path), path.string());
    CHECK(config.window == 8);
    CHECK(config.layers.back().head_dim == 32);
  }
}
