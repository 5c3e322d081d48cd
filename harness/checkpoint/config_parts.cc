#include "harness/checkpoint/config_parts.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/io/error.h"
#include "kernels/bf16.h"

namespace fp8bench {
namespace {

// Keys that cannot change what a text forward pass computes: bookkeeping of transformers, training,
// generation.
constexpr std::string_view kHarmlessKeys[] = {"_attn_implementation",
                                              "_attn_implementation_autoset",
                                              "_commit_hash",
                                              "_experts_implementation",
                                              "_name_or_path",
                                              "add_cross_attention",
                                              "architectures",
                                              "attention_dropout",
                                              "auto_map",
                                              "bad_words_ids",
                                              "begin_suppress_tokens",
                                              "boa_token_id",
                                              "boi_token_id",
                                              "audio_token_id",
                                              "image_token_id",
                                              "video_token_id",
                                              "eoa_token_id",
                                              "eoa_token_index",
                                              "eoi_token_id",
                                              "vision_soft_tokens_per_image",
                                              "chunk_size_feed_forward",
                                              "cross_attention_hidden_size",
                                              "decoder_start_token_id",
                                              "diversity_penalty",
                                              "do_sample",
                                              "dtype",
                                              "early_stopping",
                                              "encoder_no_repeat_ngram_size",
                                              "exponential_decay_length_penalty",
                                              "finetuning_task",
                                              "forced_bos_token_id",
                                              "forced_eos_token_id",
                                              "id2label",
                                              "initializer_range",
                                              "is_decoder",
                                              "is_encoder_decoder",
                                              "label2id",
                                              "length_penalty",
                                              "max_length",
                                              "max_position_embeddings",
                                              "min_length",
                                              "no_repeat_ngram_size",
                                              "num_beam_groups",
                                              "num_beams",
                                              "num_return_sequences",
                                              "output_attentions",
                                              "output_hidden_states",
                                              "output_router_logits",
                                              "output_scores",
                                              "prefix",
                                              "problem_type",
                                              "pruned_heads",
                                              "remove_invalid_values",
                                              "repetition_penalty",
                                              "return_dict",
                                              "return_dict_in_generate",
                                              "router_aux_loss_coef",
                                              "sep_token_id",
                                              "suppress_tokens",
                                              "task_specific_params",
                                              "temperature",
                                              "tf_legacy_loss",
                                              "tokenizer_class",
                                              "top_k",
                                              "top_p",
                                              "torch_dtype",
                                              "torchscript",
                                              "transformers_version",
                                              "typical_p",
                                              "unsloth_fixed",
                                              "unsloth_version",
                                              "use_bfloat16",
                                              "use_cache"};

int64_t parse_head_dim(JsonFields& fields, int64_t absent, const ModelConfig& config) {
  int64_t head_dim = absent;
  if (fields.find("head_dim") != nullptr) {
    head_dim = fields.integer("head_dim", 2, kMaxSize);
  } else if (absent == 0) {
    if (config.hidden % config.heads != 0)
      fields.fail("hidden_size",
                  fmt::format("a multiple of num_attention_heads = {} (there is no head_dim)", config.heads),
                  fields.find("hidden_size"));
    head_dim = config.hidden / config.heads;
  }
  if (head_dim % 2 != 0)
    throw InputError(fmt::format("{}: head_dim: expected an even number (the rotation pairs its halves), found {}",
                                 fields.where(), head_dim));
  return head_dim;
}

}  // namespace

std::span<const std::string_view> harmless_config_keys() { return kHarmlessKeys; }

std::vector<int64_t> parse_token_ids(JsonFields& fields, const std::string& key) {
  std::vector<int64_t> ids;
  const nlohmann::json* value = fields.find(key);
  if (value == nullptr) return ids;
  const nlohmann::json list = value->is_array() ? *value : nlohmann::json::array({*value});
  for (const nlohmann::json& id : list) {
    const auto number = as_integer(id, 0, kMaxSize);
    if (!number) fields.fail(key, "a token id or a list of them", value);
    ids.push_back(*number);
  }
  return ids;
}

float parse_rms_eps(JsonFields& fields) {
  const double eps = fields.number_or("rms_norm_eps", 1e-6);
  if (eps <= 0.0 || eps > 1.0) fields.fail("rms_norm_eps", "a number above 0, at most 1", fields.find("rms_norm_eps"));
  return static_cast<float>(eps);
}

float parse_softcap(JsonFields& fields) {
  const double softcap = fields.number_or("final_logit_softcapping", 0.0);
  if (softcap < 0.0 || softcap > 1e6)
    fields.fail("final_logit_softcapping", "null or a number above 0", fields.find("final_logit_softcapping"));
  return static_cast<float>(softcap);
}

float sqrt_in_bf16(int64_t width) { return round_to_bf16(static_cast<float>(std::sqrt(static_cast<double>(width)))); }

void parse_decoder(JsonFields& fields, const DecoderDefaults& defaults, ModelConfig& config) {
  config.model_type = fields.text("model_type");
  config.hidden = fields.integer("hidden_size", 1, kMaxSize);
  config.vocab = fields.integer("vocab_size", 1, kMaxSize);
  config.heads = fields.integer("num_attention_heads", 1, kMaxHeads);
  config.rms_eps = parse_rms_eps(fields);
  config.tied_head = fields.boolean_or("tie_word_embeddings", defaults.tied_head);
  config.eos = parse_token_ids(fields, "eos_token_id");
  if (config.eos.empty() && defaults.eos >= 0) config.eos = {defaults.eos};
  config.bos = fields.integer_or("bos_token_id", -1, kMaxSize, defaults.bos);
  config.pad = fields.integer_or("pad_token_id", -1, kMaxSize, defaults.pad);

  LayerConfig layer;
  layer.sliding = false;
  layer.kv_heads =
      fields.integer_or("num_key_value_heads", 1, kMaxHeads, defaults.kv_heads > 0 ? defaults.kv_heads : config.heads);
  if (config.heads % layer.kv_heads != 0)
    throw InputError(fmt::format("{}: num_key_value_heads: expected a divisor of num_attention_heads = {}, found {}",
                                 fields.where(), config.heads, layer.kv_heads));
  layer.head_dim = parse_head_dim(fields, defaults.head_dim, config);
  layer.rope_rotated = layer.head_dim / 2;
  layer.attention_scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(layer.head_dim)));
  layer.ffn = defaults.ffn > 0 ? fields.integer_or("intermediate_size", 1, kMaxSize, defaults.ffn)
                               : fields.integer("intermediate_size", 1, kMaxSize);
  config.layers.assign(static_cast<size_t>(fields.integer("num_hidden_layers", 1, kMaxLayers)), layer);

  fields.expect_boolean("attention_bias", false, true);
  fields.expect_boolean("mlp_bias", false, true);
  fields.find("quantization_config");  // parse_quant_scheme reads it
}

Activation parse_activation(JsonFields& fields, const std::string& key, Activation absent) {
  if (fields.find(key) == nullptr) return absent;
  fields.expect_text(key, {"silu", "swish", "gelu_pytorch_tanh"});  // "gelu" is the one with erf
  return fields.text(key) == "gelu_pytorch_tanh" ? Activation::kGeluTanh : Activation::kSilu;
}

double parse_plain_rope(JsonFields rope, double absent) {
  for (const char* key : {"rope_type", "type"})
    if (rope.find(key) != nullptr) rope.expect_text(key, {"default"});
  const double theta = rope.number_or("rope_theta", absent);
  if (theta <= 0.0) rope.fail("rope_theta", "a number above 0", rope.find("rope_theta"));
  if (rope.number_or("partial_rotary_factor", 1.0) != 1.0)
    rope.fail("partial_rotary_factor", "1 (all of head_dim rotates)", rope.find("partial_rotary_factor"));
  if (rope.number_or("factor", 1.0) != 1.0) rope.fail("factor", "1 (no context scaling)", rope.find("factor"));
  rope.refuse_unknown({}, "it could change the rotation");
  return theta;
}

double parse_rope_theta(JsonFields& fields) {
  double theta = fields.number_or("rope_theta", 1e4);
  if (theta <= 0.0) fields.fail("rope_theta", "a number above 0", fields.find("rope_theta"));
  if (fields.number_or("partial_rotary_factor", 1.0) != 1.0)
    fields.fail("partial_rotary_factor", "1 (all of head_dim rotates)", fields.find("partial_rotary_factor"));
  fields.expect_boolean("rope_interleaved", false, true);  // of SmolLM2's files: rotate halves
  // transformers takes rope_scaling where there is one, else rope_parameters, and a base in there before the top
  // level's
  bool taken = false;
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const nlohmann::json* rope = fields.find(key);
    if (rope == nullptr) continue;
    const double inner = parse_plain_rope(JsonFields(*rope, fields.where(), fields.name_of(key)), theta);
    if (!taken && !rope->empty()) theta = inner, taken = true;
  }
  return theta;
}

void refuse_windows(JsonFields& fields) {
  fields.expect_boolean("use_sliding_window", false, true);
  if (const nlohmann::json* types = fields.find("layer_types"))
    for (const nlohmann::json& type : *types)
      if (type != "full_attention") fields.fail("layer_types", "\"full_attention\" in every layer", &type);
}

}  // namespace fp8bench
