#include "harness/text/tokenizer.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "harness/io/error.h"
#include "harness/io/json_fields.h"
#include "harness/io/strict_json.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// "<bos>" or {"content": "<bos>", ...}
std::optional<std::string> token_name(JsonFields& fields, const std::string& key) {
  const nlohmann::json* value = fields.find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  if (value->is_object() && value->contains("content") && (*value)["content"].is_string())
    return (*value)["content"].get<std::string>();
  fields.fail(key, "a token or an object with its content", value);
}

std::optional<bool> flag(JsonFields& fields, const std::string& key) {
  if (fields.find(key) == nullptr) return std::nullopt;
  return fields.boolean_or(key, false);
}

}  // namespace

TokenizerConfig parse_tokenizer_config(std::string_view text, const std::string& where) {
  const nlohmann::json json = parse_strict_json(text, where);
  JsonFields fields(json, where, "");
  TokenizerConfig config;
  config.bos = token_name(fields, "bos_token");
  config.eos = token_name(fields, "eos_token");
  config.add_bos = flag(fields, "add_bos_token");
  config.add_eos = flag(fields, "add_eos_token");
  return config;
}

std::unique_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  std::filesystem::path file = path;
  if (std::filesystem::is_directory(path)) {
    file = path / "tokenizer.json";
    if (!std::filesystem::exists(file)) file = path / "tokenizer.model";
    if (!std::filesystem::exists(file))
      throw InputError(fmt::format("{}: expected a tokenizer.json or tokenizer.model, found neither", path.string()));
  }
  const std::filesystem::path beside = file.parent_path() / "tokenizer_config.json";
  TokenizerConfig config;
  if (std::filesystem::exists(beside)) config = parse_tokenizer_config(read_text_file(beside), beside.string());
  const std::string content = read_text_file(file);
  if (file.extension() == ".json") return parse_tokenizer_json(content, file.string(), config);
  if (file.extension() == ".model") return parse_sentencepiece(content, file.string(), config);
  throw InputError(fmt::format("{}: expected a tokenizer: a folder, a .json or a .model file", path.string()));
}

void check_vocabulary(const Tokenizer& tokenizer, int64_t vocab_size) {
  constexpr int64_t kPaddingShare = 16;
  const int64_t base = tokenizer.base_size(), all = tokenizer.vocab_size();
  if (base > vocab_size)
    throw InputError(
        fmt::format("{}: expected at most the model's {} tokens, found {}: is this another model's tokenizer?",
                    tokenizer.where(), vocab_size, base));
  if (all < vocab_size - vocab_size / kPaddingShare)
    throw InputError(
        fmt::format("{}: expected the model's {} tokens, found only {}: is this another model's tokenizer?",
                    tokenizer.where(), vocab_size, all));
}

std::optional<std::string> StreamDecoder::push(int32_t id) {
  ids_.push_back(id);
  const std::string text = tokenizer_.decode(ids_, skip_special_);
  // A text that no longer begins as it did (a bad byte turned its run into U+FFFD) waits too: what is out is out.
  if (text.size() <= prefix_.size() || text.ends_with(kReplacement) || !text.starts_with(prefix_)) return std::nullopt;
  std::string fresh = text.substr(prefix_.size());
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(prefix_ids_));
  prefix_ids_ = ids_.size();
  prefix_ = tokenizer_.decode(ids_, skip_special_);
  return fresh;
}

std::string StreamDecoder::finish() {
  const std::string text = tokenizer_.decode(ids_, skip_special_);
  const std::span<const int32_t> held = std::span(ids_).subspan(prefix_ids_);
  std::string rest = text.starts_with(prefix_) ? text.substr(prefix_.size()) : tokenizer_.decode(held, skip_special_);
  ids_.clear();
  prefix_.clear();
  prefix_ids_ = 0;
  return rest;
}

}  // namespace fp8bench
