// quantization_config, as compressed-tensors 0.12 to 0.19 writes FP8_DYNAMIC. Absent fields take compressed-tensors'
// defaults; any other value is another scheme, and a loader that guessed would compute something else than the file
// says.
#include "harness/checkpoint/quant_scheme.h"

#include <fmt/core.h>

#include "harness/io/json_fields.h"
#include "harness/io/strict_json.h"

namespace fp8bench {
namespace {

constexpr QuantSchemeInfo kSchemes[] = {
    {QuantKind::kNone, "bf16", "weights as trained: no quantization_config"},
    {QuantKind::kFp8Dynamic, "fp8_dynamic",
     "compressed-tensors float-quantized: E4M3 weights with one BF16 scale per output channel, activations "
     "quantized per token at run time"},
};

// How the file was made: no part of what it means.
constexpr std::string_view kProvenance[] = {"observer", "observer_kwargs", "global_compression_ratio"};

// Common to weights and activations: 8-bit symmetric floats, one scale per row, no groups or blocks.
void check_arguments(JsonFields& arguments, std::string_view strategy, bool dynamic) {
  arguments.expect_integer("num_bits", 8);
  arguments.expect_text("type", {"float"});
  arguments.expect_text("strategy", {strategy});
  arguments.expect_boolean("symmetric", true, true);
  arguments.expect_boolean("dynamic", dynamic, !dynamic);
  for (const char* key : {"group_size", "block_structure", "actorder", "scale_dtype", "zp_dtype"})
    arguments.expect_absent(key);
  arguments.refuse_unknown(kProvenance, "it could change the arithmetic");
}

void check_group(const nlohmann::json& group, const std::string& where, const std::string& path) {
  JsonFields fields(group, where, path);
  if (fields.find("format") != nullptr) fields.expect_text("format", {"float-quantized"});
  fields.expect_absent("output_activations");
  const nlohmann::json& targets = fields.need("targets");
  if (targets != nlohmann::json::array({"Linear"})) fields.fail("targets", "[\"Linear\"]", &targets);
  JsonFields weights(fields.need("weights"), where, path + ".weights");
  check_arguments(weights, "channel", false);
  JsonFields activations(fields.need("input_activations"), where, path + ".input_activations");
  check_arguments(activations, "token", true);
  fields.refuse_unknown({}, "it could change the arithmetic");
}

std::vector<std::string> parse_ignore(JsonFields& config) {
  std::vector<std::string> ignore;
  const nlohmann::json* list = config.find("ignore");
  if (list == nullptr) return ignore;
  if (!list->is_array()) config.fail("ignore", "a list of strings", list);
  for (const nlohmann::json& pattern : *list) {
    if (!pattern.is_string()) config.fail("ignore", "a list of strings", &pattern);
    ignore.push_back(pattern.get<std::string>());
  }
  return ignore;
}

}  // namespace

std::span<const QuantSchemeInfo> quant_schemes() { return kSchemes; }

QuantScheme parse_quant_scheme(const std::string& config_text, const std::string& where) {
  const nlohmann::json file = parse_strict_json(config_text, where);
  JsonFields top(file, where, "");
  top.expect_absent("compression_config");  // the key's name before compressed-tensors 0.5: other defaults
  const nlohmann::json* found = top.find("quantization_config");
  if (found == nullptr) return {};
  JsonFields config(*found, where, "quantization_config");
  config.expect_text("quant_method", {"compressed-tensors"});
  config.expect_text("format", {"float-quantized"});
  config.expect_text("quantization_status", {"compressed"});
  config.expect_absent("kv_cache_scheme");
  config.expect_absent_or_empty("sparsity_config");
  config.expect_absent_or_empty("transform_config");

  QuantScheme scheme;
  scheme.kind = QuantKind::kFp8Dynamic;
  scheme.ignore = parse_ignore(config);
  scheme.version = config.text_or("version", "");
  const nlohmann::json& groups = config.need("config_groups");
  if (!groups.is_object() || groups.size() != 1) config.fail("config_groups", "one group", &groups);
  scheme.group = groups.begin().key();
  check_group(groups.begin().value(), where, "quantization_config.config_groups." + scheme.group);
  config.refuse_unknown(kProvenance, "it could change the arithmetic");
  return scheme;
}

}  // namespace fp8bench
