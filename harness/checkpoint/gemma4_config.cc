// config.json of the Gemma 4 family. Defaults are those of transformers' Gemma4TextConfig, and only where it has one
// that no other version contradicts; sizes must be written down.
#include "harness/checkpoint/gemma4_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/checkpoint/config_parts.h"
#include "harness/io/error.h"
#include "harness/io/json_fields.h"

namespace fp8bench {
namespace {

struct Family {
  std::string_view outer, text;  // model_type of the file and of its text_config
  bool has_ple, has_moe;         // whether transformers' config class knows these keys at all
  int64_t default_window;
};
constexpr std::array kFamilies = {
    Family{"gemma4", "gemma4_text", true, true, 512},
    Family{"gemma4_unified", "gemma4_unified_text", false, false, 1024},
};

struct Rope {
  bool proportional = false;
  double theta = 0.0, rotated_share = 1.0;
};

// The object that holds the text model's keys, and the family it belongs to.
struct TextPart {
  const nlohmann::json* object = nullptr;
  std::string path;
  const Family* family = nullptr;
};

TextPart find_text_part(const nlohmann::json& file, const std::string& where) {
  JsonFields top(file, where, "");
  const std::string type = top.text("model_type");
  for (const Family& family : kFamilies) {
    if (type == family.text) return {&file, "", &family};
    if (type != family.outer) continue;
    const nlohmann::json& text = top.need("text_config");
    JsonFields inner(text, where, "text_config");
    if (inner.find("model_type") != nullptr) inner.expect_text("model_type", {family.text});
    return {&text, "text_config", &family};
  }
  top.fail("model_type", "\"gemma4\", \"gemma4_text\", \"gemma4_unified\" or \"gemma4_unified_text\"",
           &file.at("model_type"));
}

std::vector<bool> parse_layer_kinds(JsonFields& text, int64_t layers) {
  std::vector<bool> sliding;
  const nlohmann::json* types = text.find("layer_types");
  if (types == nullptr) {
    // transformers ignores sliding_window_pattern, and so would this; a file that has only that key means something
    // else.
    for (int64_t l = 0; l < layers; ++l) sliding.push_back((l + 1) % 6 != 0);
    sliding.back() = false;
    return sliding;
  }
  text.find("sliding_window_pattern");  // redundant beside layer_types
  if (!types->is_array() || static_cast<int64_t>(types->size()) != layers)
    text.fail("layer_types", fmt::format("a list of num_hidden_layers = {} entries", layers), types);
  for (const nlohmann::json& type : *types) {
    const bool is_sliding = type == "sliding_attention";
    if (!is_sliding && type != "full_attention")
      text.fail("layer_types", "\"sliding_attention\" or \"full_attention\"", &type);
    sliding.push_back(is_sliding);
  }
  return sliding;
}

Rope parse_rope(JsonFields& text, const std::string& kind, const Rope& absent) {
  const nlohmann::json* all = text.find("rope_parameters");
  if (all == nullptr) return absent;
  JsonFields kinds(*all, text.where(), text.name_of("rope_parameters"));
  JsonFields fields(kinds.need(kind), text.where(), kinds.name_of(kind));
  Rope rope;
  fields.expect_text("rope_type", {"default", "proportional"});
  rope.proportional = fields.text("rope_type") == "proportional";
  rope.theta = fields.number_or("rope_theta", -1.0);
  if (rope.theta <= 0.0) fields.fail("rope_theta", "a number above 0", fields.find("rope_theta"));
  rope.rotated_share = fields.number_or("partial_rotary_factor", 1.0);
  if (rope.rotated_share <= 0.0 || rope.rotated_share > 1.0 || (!rope.proportional && rope.rotated_share != 1.0))
    fields.fail("partial_rotary_factor", rope.proportional ? "a number above 0, at most 1" : "1 with rope_type default",
                fields.find("partial_rotary_factor"));
  if (fields.number_or("factor", 1.0) != 1.0) fields.fail("factor", "1 (no context scaling)", fields.find("factor"));
  fields.refuse_unknown({}, "it could change the rotation");
  kinds.find("sliding_attention");
  kinds.find("full_attention");
  kinds.refuse_unknown({}, "only the two kinds of layers have one");
  return rope;
}

// Head sizes of full layers: global_head_dim and num_global_key_value_heads, or (transformers 5.16 on)
// per_layer_config.
void parse_heads(JsonFields& text, bool k_eq_v, std::vector<LayerConfig>& layers) {
  const int64_t head_dim = text.integer("head_dim", 2, kMaxSize);
  const int64_t kv_heads = text.integer("num_key_value_heads", 1, kMaxHeads);
  const bool has_global = text.find("global_head_dim") != nullptr;
  const int64_t global_dim = text.integer_or("global_head_dim", 2, kMaxSize, 512);
  const bool has_global_kv = text.find("num_global_key_value_heads") != nullptr;
  // transformers applies it only together with attention_k_eq_v
  const int64_t global_kv = k_eq_v ? text.integer_or("num_global_key_value_heads", 1, kMaxHeads, kv_heads) : kv_heads;
  const nlohmann::json* overrides = text.find("per_layer_config");
  for (LayerConfig& layer : layers) {
    const bool global = !layer.sliding && overrides == nullptr;
    layer.head_dim = global ? global_dim : head_dim;
    layer.kv_heads = global ? global_kv : kv_heads;
  }
  if (overrides == nullptr) return;
  const std::string path = text.name_of("per_layer_config");
  JsonFields by_layer(*overrides, text.where(), path);
  for (const auto& [key, value] : overrides->items()) {
    const bool digits = !key.empty() && key.size() < 6 && key.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoull(key) >= layers.size())
      by_layer.fail(key, fmt::format("a layer from 0 to {}", layers.size() - 1), &value);
    LayerConfig& layer = layers[std::stoull(key)];
    JsonFields fields(value, text.where(), path + "." + key);
    layer.head_dim = fields.integer_or("head_dim", 2, kMaxSize, head_dim);
    layer.kv_heads = fields.integer_or("num_key_value_heads", 1, kMaxHeads, kv_heads);
    fields.refuse_unknown({}, "only head_dim and num_key_value_heads vary by layer in this family");
    // Both forms at once: transformers would read only per_layer_config, older readers only the other.
    if (!layer.sliding &&
        ((has_global && layer.head_dim != global_dim) || (has_global_kv && layer.kv_heads != global_kv)))
      by_layer.fail(
          key, fmt::format("the same as global_head_dim {} and num_global_key_value_heads {}", global_dim, global_kv),
          &value);
  }
}

// Sharing layers are the last ones; each reads the K and V of the last layer of its own kind before them.
void parse_kv_sharing(JsonFields& text, bool has_ple, std::vector<LayerConfig>& layers) {
  const bool double_wide = text.boolean_or("use_double_wide_mlp", false);
  const auto count = static_cast<int64_t>(layers.size());
  if (has_ple && text.find("num_kv_shared_layers") == nullptr)
    text.fail("num_kv_shared_layers", "a number of layers (versions of transformers disagree on its default)", nullptr);
  const int64_t shared = text.integer_or("num_kv_shared_layers", 0, count - 1, 0);
  const int64_t first = count - shared;
  for (int64_t l = first; l < count; ++l) {
    LayerConfig& layer = layers[static_cast<size_t>(l)];
    for (int64_t donor = 0; donor < first; ++donor)
      if (layers[static_cast<size_t>(donor)].sliding == layer.sliding) layer.kv_donor = donor;
    if (layer.kv_donor < 0)
      text.fail(
          "num_kv_shared_layers",
          fmt::format("a {} layer before layer {} that lends its K and V", layer.sliding ? "sliding" : "full", first),
          text.find("num_kv_shared_layers"));
    if (double_wide) layer.ffn *= 2;
  }
}

void parse_rope_and_shapes(JsonFields& text, ModelConfig& config) {
  const Rope sliding = parse_rope(text, "sliding_attention", {false, 1e4, 1.0});
  const Rope full = parse_rope(text, "full_attention", {true, 1e6, 0.25});
  const int64_t head_dim = text.integer("head_dim", 2, kMaxSize);
  for (size_t l = 0; l < config.layers.size(); ++l) {
    LayerConfig& layer = config.layers[l];
    const Rope& rope = layer.sliding ? sliding : full;
    if (layer.head_dim % 2 != 0)
      throw InputError(
          fmt::format("{}: head_dim of layer {}: expected an even number, found {}", text.where(), l, layer.head_dim));
    if (config.heads % layer.kv_heads != 0)
      throw InputError(
          fmt::format("{}: key-value heads of layer {}: expected a divisor of num_attention_heads = {}, found {}",
                      text.where(), l, config.heads, layer.kv_heads));
    // transformers computes the default rotation from head_dim, whatever the layer's own is
    if (!layer.sliding && !rope.proportional && layer.head_dim != head_dim)
      text.fail("rope_parameters", "rope_type proportional where full layers have their own head_dim",
                text.find("rope_parameters"));
    layer.rope_theta = rope.theta;
    layer.rope_rotated =
        static_cast<int64_t>(std::floor(rope.rotated_share * static_cast<double>(layer.head_dim) / 2.0));
  }
}

void parse_widths(JsonFields& text, const Family& family, ModelConfig& config) {
  config.hidden = text.integer("hidden_size", 1, kMaxSize);
  config.vocab = text.integer("vocab_size", 1, kMaxSize);
  config.heads = text.integer("num_attention_heads", 1, kMaxHeads);
  config.window = text.integer_or("sliding_window", 1, int64_t{1} << 31, family.default_window);
  config.rms_eps = parse_rms_eps(text);
  config.softcap = parse_softcap(text);
  if (family.has_moe && text.boolean_or("enable_moe_block", false)) {
    config.experts = text.integer("num_experts", 1, kMaxExperts);
    config.top_k = text.integer("top_k_experts", 1, config.experts);
    config.moe_ffn = text.integer("moe_intermediate_size", 1, kMaxSize);
  }
  if (family.has_ple) {
    config.ple = text.integer_or("hidden_size_per_layer_input", 0, kMaxSize, 256);
    const int64_t ple_vocab = text.integer_or("vocab_size_per_layer_input", 1, kMaxSize, 262144);
    config.ple_vocab = config.ple > 0 ? ple_vocab : 0;
  }
  // The multiplier is a BF16 tensor in the model, so its rounding belongs to the weights, not to a numeric policy.
  config.embed_scale = sqrt_in_bf16(config.hidden);
  config.ple_scale = config.ple > 0 ? sqrt_in_bf16(config.ple) : 1.0f;
}

void refuse_unsupported(JsonFields& text, const Family& family) {
  if (text.find("hidden_activation") != nullptr) text.expect_text("hidden_activation", {"gelu_pytorch_tanh"});
  text.expect_boolean("attention_bias", false, true);
  text.expect_boolean("is_causal", true, true);
  // "vision" concerns image tokens only; "all" makes text attention bidirectional
  if (text.find("use_bidirectional_attention") != nullptr) text.expect_text("use_bidirectional_attention", {"vision"});
  if (!family.has_moe) text.expect_boolean("enable_moe_block", false, true);
  if (!family.has_ple) text.expect_integer("hidden_size_per_layer_input", 0, true);
  for (const char* key :
       {"num_experts", "top_k_experts", "moe_intermediate_size", "vocab_size_per_layer_input", "model_type"})
    text.find(key);
}

bool parse_tied_head(JsonFields& top, JsonFields& text) {
  const bool outer = top.boolean_or("tie_word_embeddings", true), inner = text.boolean_or("tie_word_embeddings", true);
  if (top.find("tie_word_embeddings") != nullptr && text.find("tie_word_embeddings") != nullptr && outer != inner)
    text.fail("tie_word_embeddings", fmt::format("the {} of the top level", outer), text.find("tie_word_embeddings"));
  return outer && inner;
}

}  // namespace

ModelConfig parse_gemma4(const nlohmann::json& file, const std::string& where) {
  const TextPart part = find_text_part(file, where);
  JsonFields top(file, where, ""), text(*part.object, where, part.path);

  ModelConfig config;
  config.model_type = top.text("model_type");
  config.activation = Activation::kGeluTanh;
  config.router_input = RouterInput::kScaledResidual;
  parse_widths(text, *part.family, config);
  config.tied_head = parse_tied_head(top, text);
  config.eos = parse_token_ids(top, "eos_token_id");
  const std::vector<int64_t> inner_eos = parse_token_ids(text, "eos_token_id");
  if (config.eos.empty()) config.eos = inner_eos.empty() ? std::vector<int64_t>{1} : inner_eos;
  config.bos = text.integer_or("bos_token_id", 0, kMaxSize, 2);
  config.pad = text.integer_or("pad_token_id", 0, kMaxSize, 0);

  const int64_t count = text.integer("num_hidden_layers", 1, kMaxLayers);
  const std::vector<bool> sliding = parse_layer_kinds(text, count);
  const bool k_eq_v = text.boolean_or("attention_k_eq_v", false);
  for (int64_t l = 0; l < count; ++l) {
    LayerConfig layer;
    layer.sliding = sliding[static_cast<size_t>(l)];
    layer.v_from_k = k_eq_v && !layer.sliding;
    layer.ffn = text.integer("intermediate_size", 1, kMaxSize);
    layer.moe = config.experts > 0;
    layer.qk_norm = layer.v_norm = layer.output_norms = layer.layer_scalar = true;
    layer.attention_scale = 1.0f;  // q_norm's weight is trained with it
    config.layers.push_back(layer);
  }
  parse_heads(text, k_eq_v, config.layers);
  parse_kv_sharing(text, config.ple > 0, config.layers);
  parse_rope_and_shapes(text, config);
  refuse_unsupported(text, *part.family);
  if (part.path.empty()) text.find("quantization_config");  // one object is both; parse_quant_scheme reads it
  text.refuse_unknown(harmless_config_keys(), "it could change what the model computes");
  return config;
}

}  // namespace fp8bench
