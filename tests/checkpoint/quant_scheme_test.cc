#include "harness/checkpoint/quant_scheme.h"

#include <catch2/catch.hpp>

#include "tests/checkpoint/gemma4_config.h"
#include "tests/checkpoint/scratch.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using test::fp8_dynamic_config;
using test::input_error;

namespace {

QuantScheme parse(const nlohmann::json& quantization) {
  const nlohmann::json config = {{"model_type", "gemma4"}, {"quantization_config", quantization}};
  return parse_quant_scheme(config.dump(), "dir/config.json");
}

// `pointer` is a JSON pointer below quantization_config.
std::string refusal_with(const std::string& pointer, const nlohmann::json& value) {
  nlohmann::json config = fp8_dynamic_config();
  config[nlohmann::json::json_pointer(pointer)] = value;
  return input_error([&] { parse(config); });
}

}  // namespace

TEST_CASE("No quantization_config is no scheme") {
  CHECK(parse_quant_scheme("{}", "c").kind == QuantKind::kNone);
  CHECK(parse(nullptr).kind == QuantKind::kNone);
}

TEST_CASE("FP8_DYNAMIC as compressed-tensors 0.19, 0.18 and older versions write it") {
  nlohmann::json config = fp8_dynamic_config();
  const QuantScheme scheme = parse(config);
  CHECK(scheme.kind == QuantKind::kFp8Dynamic);
  CHECK(scheme.version == "0.19.0");
  CHECK(scheme.group == "FP8_DYNAMIC");
  CHECK(scheme.ignore ==
        std::vector<std::string>{"lm_head", "re:.*embed.*", "re:.*router", "re:.*vision_tower.*", "re:.*norm.*"});

  nlohmann::json& group = config["config_groups"]["FP8_DYNAMIC"];
  group["weights"]["observer"] = "memoryless_minmax";
  config["version"] = "0.18.0";
  CHECK(parse(config).version == "0.18.0");
  for (const char* key : {"scale_dtype", "zp_dtype"}) {
    group["weights"].erase(key);
    group["input_activations"].erase(key);
  }
  group.erase("format");
  config.erase("transform_config");
  config["sparsity_config"] = nlohmann::json::object();
  CHECK(parse(config).kind == QuantKind::kFp8Dynamic);
}

TEST_CASE("Every other scheme is refused by field, with expected and found") {
  const std::string group = "/config_groups/FP8_DYNAMIC",
                    shown = "dir/config.json: quantization_config.config_groups.FP8_DYNAMIC.";
  CHECK_THAT(
      refusal_with("/quant_method", "gptq"),
      Contains("dir/config.json: quantization_config.quant_method: expected \"compressed-tensors\", found \"gptq\""));
  CHECK_THAT(refusal_with("/format", "pack-quantized"),
             Contains("quantization_config.format: expected \"float-quantized\", found \"pack-quantized\""));
  CHECK_THAT(refusal_with("/quantization_status", "frozen"), Contains("quantization_config.quantization_status"));
  CHECK_THAT(refusal_with("/kv_cache_scheme", {{"num_bits", 8}}),
             Contains("quantization_config.kv_cache_scheme: expected null, found {\"num_bits\":8}"));
  CHECK_THAT(refusal_with("/transform_config", {{"hadamard", true}}),
             Contains("quantization_config.transform_config: expected nothing or {}"));
  CHECK_THAT(refusal_with("/unheard_of", 1), Contains("quantization_config.unheard_of: expected no such key"));
  CHECK_THAT(refusal_with("/ignore", "lm_head"),
             Contains("quantization_config.ignore: expected a list of strings, found \"lm_head\""));
  CHECK_THAT(refusal_with("/config_groups/second", nlohmann::json::object()),
             Contains("quantization_config.config_groups: expected one group"));
  CHECK_THAT(refusal_with(group + "/weights/strategy", "tensor"),
             Contains(shown + "weights.strategy: expected \"channel\", found \"tensor\""));
  CHECK_THAT(refusal_with(group + "/weights/strategy", "block"), Contains("found \"block\""));
  CHECK_THAT(refusal_with(group + "/weights/num_bits", 4), Contains(shown + "weights.num_bits: expected 8, found 4"));
  CHECK_THAT(refusal_with(group + "/weights/type", "int"),
             Contains(shown + "weights.type: expected \"float\", found \"int\""));
  CHECK_THAT(refusal_with(group + "/weights/symmetric", false),
             Contains(shown + "weights.symmetric: expected true, found false"));
  CHECK_THAT(refusal_with(group + "/weights/group_size", 128),
             Contains(shown + "weights.group_size: expected null, found 128"));
  CHECK_THAT(refusal_with(group + "/weights/block_structure", {128, 128}),
             Contains(shown + "weights.block_structure: expected null, found [128,128]"));
  CHECK_THAT(refusal_with(group + "/weights/new_knob", 1), Contains(shown + "weights.new_knob: expected no such key"));
  CHECK_THAT(refusal_with(group + "/input_activations/dynamic", false),
             Contains(shown + "input_activations.dynamic: expected true, found false"));
  CHECK_THAT(refusal_with(group + "/input_activations/strategy", "tensor"),
             Contains(shown + "input_activations.strategy: expected \"token\", found \"tensor\""));
  CHECK_THAT(refusal_with(group + "/input_activations", nullptr),
             Contains(shown + "input_activations: expected a value, found null"));
  CHECK_THAT(refusal_with(group + "/output_activations", {{"num_bits", 8}}),
             Contains(shown + "output_activations: expected null"));
  CHECK_THAT(refusal_with(group + "/targets", {"Linear", "Conv2d"}),
             Contains(shown + "targets: expected [\"Linear\"], found [\"Linear\",\"Conv2d\"]"));
  CHECK_THAT(refusal_with(group + "/format", "nvfp4-pack-quantized"), Contains(shown + "format"));
}
