// tokenizer.json: every key is read, or refused.
#include <fmt/format.h>

#include <algorithm>

#include "harness/io/error.h"
#include "harness/io/json_fields.h"
#include "harness/io/strict_json.h"
#include "harness/text/growth.h"
#include "harness/text/hf_tokenizer.h"

namespace fp8bench {
namespace {

constexpr int64_t kMaxId = 1 << 21;  // the largest vocabulary known has a quarter of a million

// Makes room for `id` and gives it its piece; false when it has one.
bool place(HfParts& parts, int64_t id, const std::string& piece) {
  const auto index = static_cast<size_t>(id);
  if (index >= parts.pieces.size()) {
    parts.pieces.resize(index + 1);
    parts.known.resize(index + 1, false);
    parts.special.resize(index + 1, false);
  }
  if (parts.known[index]) return false;
  parts.known[index] = true;
  parts.pieces[index] = piece;
  return true;
}

void read_vocabulary(JsonFields& model, HfParts& parts) {
  const nlohmann::json& vocab = model.need("vocab");
  if (!vocab.is_object() || vocab.empty()) model.fail("vocab", "an object of pieces and ids", &vocab);
  JsonFields fields(vocab, model.where(), model.name_of("vocab"));
  for (const auto& [piece, value] : vocab.items()) {
    const std::optional<int64_t> id = as_integer(value, 0, kMaxId - 1);
    if (!id) fields.fail(piece, fmt::format("an id, 0 to {}", kMaxId - 1), &value);
    if (!place(parts, *id, piece))
      fields.fail(piece, fmt::format("an id of its own, not that of '{}'", parts.pieces[static_cast<size_t>(*id)]),
                  &value);
  }
  // The strings move no more from here on, except when added tokens are appended: those come first in read_all.
  parts.base_size = static_cast<int64_t>(parts.pieces.size());
}

AddedToken read_added_token(const nlohmann::json& json, const std::string& where, const std::string& path) {
  JsonFields fields(json, where, path);
  AddedToken token;
  token.id = static_cast<int32_t>(fields.integer("id", 0, kMaxId - 1));
  token.content = fields.text("content");
  if (token.content.empty()) fields.fail("content", "some text", fields.find("content"));
  token.single_word = fields.boolean_or("single_word", false);
  token.lstrip = fields.boolean_or("lstrip", false);
  token.rstrip = fields.boolean_or("rstrip", false);
  token.special = fields.boolean_or("special", false);
  token.normalized = fields.boolean_or("normalized", !token.special);
  fields.refuse_unknown({}, "it may change the tokens");
  return token;
}

// `vocab`: the model's own, by piece.
void read_added_tokens(JsonFields& top, const nlohmann::json& vocab, HfParts& parts) {
  const nlohmann::json* list = top.find("added_tokens");
  if (list == nullptr) return;
  if (!list->is_array()) top.fail("added_tokens", "a list", list);
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string path = fmt::format("added_tokens[{}]", i);
    AddedToken token = read_added_token((*list)[i], top.where(), path);
    const auto fail = [&](const std::string& expected) {
      throw InputError(fmt::format("{}: {}: expected {}, found id {} for '{}'", top.where(), path, expected, token.id,
                                   token.content));
    };
    if (!parts.added.emplace(token.content, token.id).second) fail("every added token once");
    const auto own = vocab.find(token.content);
    if (own != vocab.end() && own->get<int64_t>() != token.id) fail(fmt::format("id {} of model.vocab", own->dump()));
    if (own == vocab.end() && !place(parts, token.id, token.content))
      fail(fmt::format("an id of its own, not that of '{}'", parts.pieces[static_cast<size_t>(token.id)]));
    if (token.special) parts.special[static_cast<size_t>(token.id)] = true;
    if (!token.normalized) {
      parts.raw.add(token);
      continue;
    }
    token.content = parts.normalizer(token.content);
    if (token.content.empty()) fail("some text after the normalizer");
    parts.normalized.add(token);
    parts.normalized_content.emplace(token.id, token.content);
  }
}

std::vector<BpeMerge> read_merges(JsonFields& model, const HfParts& parts) {
  const nlohmann::json& list = model.need("merges");
  if (!list.is_array()) model.fail("merges", "a list", &list);
  std::vector<BpeMerge> merges;
  merges.reserve(list.size());
  std::string whole;
  for (size_t i = 0; i < list.size(); ++i) {
    const nlohmann::json& item = list[i];
    const std::string key = fmt::format("merges[{}]", i);
    std::string_view left, right;
    if (item.is_string()) {  // "a b"
      const std::string_view both = item.get_ref<const std::string&>();
      const size_t space = both.find(' ');
      if (i == 0 && both.starts_with("#version")) continue;
      if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
        model.fail(key, "two pieces with a space between them", &item);
      left = both.substr(0, space);
      right = both.substr(space + 1);
    } else if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
      left = item[0].get_ref<const std::string&>();
      right = item[1].get_ref<const std::string&>();
    } else {
      model.fail(key, "two pieces", &item);
    }
    whole.assign(left).append(right);
    const auto id_of = [&](std::string_view piece) {
      const auto found = parts.vocabulary.find(piece);
      if (found == parts.vocabulary.end() || piece.empty())
        model.fail(key, fmt::format("'{}' in model.vocab", piece), &item);
      return found->second;
    };
    merges.push_back({id_of(left), id_of(right), id_of(whole)});
  }
  return merges;
}

void read_model(JsonFields& model, HfParts& parts) {
  const auto views = [&] {
    const nlohmann::json& vocab = model.need("vocab");
    parts.vocabulary.reserve(vocab.size());
    for (const auto& [piece, id] : vocab.items()) {
      const auto index = id.get<int32_t>();
      parts.vocabulary.emplace(parts.pieces[static_cast<size_t>(index)], index);
    }
  };
  views();
  BpeOptions options;
  if (const std::string unknown = model.text_or("unk_token", ""); !unknown.empty()) {
    const auto found = parts.vocabulary.find(unknown);
    if (found == parts.vocabulary.end()) model.fail("unk_token", "a piece of model.vocab", model.find("unk_token"));
    options.unknown = found->second;
  }
  options.fuse_unknown = model.boolean_or("fuse_unk", false);
  options.byte_fallback = model.boolean_or("byte_fallback", false);
  options.ignore_merges = model.boolean_or("ignore_merges", false);
  if (model.number_or("dropout", 0) != 0)
    model.fail("dropout", "null: tokens are not left to chance", model.find("dropout"));
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model.text_or(key, "").empty()) model.fail(key, "null", model.find(key));
  const std::vector<BpeMerge> merges = read_merges(model, parts);
  model.refuse_unknown({}, "it may change the tokens");
  parts.model = std::make_unique<const Bpe>(parts.vocabulary, parts.pieces, merges, options);
}

std::optional<int32_t> find_token(const HfParts& parts, const std::optional<std::string>& content, const char* key) {
  if (!content) return std::nullopt;
  if (const auto found = parts.added.find(*content); found != parts.added.end()) return found->second;
  if (const auto found = parts.vocabulary.find(*content); found != parts.vocabulary.end()) return found->second;
  throw InputError(fmt::format("{}: expected the token that tokenizer_config.json names in {}, found no '{}'",
                               parts.where, key, *content));
}

// tokenizer_config.json, where it says whether BOS and EOS are put around a text, overrules the template.
void read_special(JsonFields& top, const TokenizerConfig& config, HfParts& parts) {
  const nlohmann::json* json = top.find("post_processor");
  Surrounding& around = parts.surrounding;
  if (json != nullptr) around = parse_post_processor(*json, parts.where, "post_processor");
  for (const std::vector<int32_t>* ids : {&around.before, &around.after})
    for (const int32_t id : *ids)
      if (static_cast<size_t>(id) >= parts.known.size() || !parts.known[static_cast<size_t>(id)])
        top.fail("post_processor", "ids of the vocabulary", json);
  parts.bos = find_token(parts, config.bos, "bos_token");
  parts.eos = find_token(parts, config.eos, "eos_token");
  const auto put = [&](std::optional<bool> wanted, std::optional<int32_t> id, std::vector<int32_t>& ids) {
    if (!wanted || !id) return;
    const auto at = std::find(ids.begin(), ids.end(), *id);
    if (!*wanted && at != ids.end()) ids.erase(at);
    if (*wanted && at == ids.end()) ids.insert(ids.begin(), *id);
  };
  if (!parts.bos && around.before.size() == 1) parts.bos = around.before.front();
  put(config.add_bos, parts.bos, around.before);
  put(config.add_eos, parts.eos, around.after);
}

}  // namespace

std::unique_ptr<const Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& where,
                                                      const TokenizerConfig& config) {
  const nlohmann::json json = parse_strict_json(text, where);
  JsonFields top(json, where, "");
  const nlohmann::json null;
  const auto part = [&](const char* key) -> const nlohmann::json& {
    const nlohmann::json* found = top.find(key);
    return found == nullptr ? null : *found;
  };
  top.expect_text("version", {"1.0"});
  top.expect_absent("truncation");
  top.expect_absent("padding");
  for (const char* key : {"normalizer", "pre_tokenizer", "decoder"}) refuse_explosive_growth(part(key), where, key);
  auto parts = std::make_unique<HfParts>();
  parts->where = where;
  parts->normalizer = parse_normalizer(part("normalizer"), where, "normalizer");
  parts->pre_tokenizer = parse_pre_tokenizer(part("pre_tokenizer"), where, "pre_tokenizer");
  parts->decoder = parse_decoder(part("decoder"), where, "decoder");
  const nlohmann::json& model_json = top.need("model");
  JsonFields model(model_json, where, "model");
  if (model.find("type") != nullptr) model.expect_text("type", {"BPE"});
  read_vocabulary(model, *parts);
  read_added_tokens(top, model_json["vocab"], *parts);  // before anything keeps views of the pieces
  read_model(model, *parts);
  read_special(top, config, *parts);
  top.refuse_unknown({}, "it may change the tokens");
  return std::make_unique<const HfTokenizer>(std::move(parts));
}

}  // namespace fp8bench
