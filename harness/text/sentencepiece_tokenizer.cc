// SentencePiece models, read and run by Google's own library.
#include <fmt/core.h>
#include <sentencepiece_processor.h>

#include <algorithm>

#include "harness/io/error.h"
#include "harness/text/tokenizer.h"
#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::string_view bytes, const std::string& where, const TokenizerConfig& config)
      : where_(where) {
    const auto status = processor_.LoadFromSerializedProto({bytes.data(), bytes.size()});
    if (!status.ok()) throw InputError(fmt::format("{}: expected a SentencePiece model: {}", where, status.message()));
    bos_ = find_token(config.bos, "bos_token", processor_.bos_id());
    eos_ = find_token(config.eos, "eos_token", processor_.eos_id());
    // As the models that ship such a file do: BOS before a text, nothing after it.
    add_bos_ = bos_ && config.add_bos.value_or(true);
    add_eos_ = eos_ && config.add_eos.value_or(false);
  }

  std::vector<int32_t> encode(std::string_view text, bool add_special) const override {
    std::string replaced;
    if (!is_valid_utf8(text)) text = replaced = replace_invalid_utf8(text);
    std::vector<int32_t> ids;
    if (const auto status = processor_.Encode({text.data(), text.size()}, &ids); !status.ok())
      throw InputError(fmt::format("{}: cannot encode a text of {} bytes: {}", where_, text.size(), status.message()));
    if (add_special && add_bos_ && (ids.empty() || ids.front() != *bos_)) ids.insert(ids.begin(), *bos_);
    if (add_special && add_eos_) ids.push_back(*eos_);
    return ids;
  }

  // The library leaves control tokens out; here they are text unless they are to be skipped.
  std::string decode(std::span<const int32_t> ids, bool skip_special) const override {
    std::string text;
    std::vector<int32_t> run;
    const auto end_run = [&] {
      std::string part;
      if (const auto status = processor_.Decode(run, &part); !status.ok())
        throw InputError(fmt::format("{}: cannot decode {} ids: {}", where_, run.size(), status.message()));
      text += part;
      run.clear();
    };
    for (const int32_t id : ids) {
      const std::string& name = piece(id);
      if (!processor_.IsControl(id)) {
        run.push_back(id);
      } else if (!skip_special) {
        end_run();
        text += name;
      }
    }
    end_run();
    return text;
  }

  int64_t vocab_size() const override { return processor_.GetPieceSize(); }
  int64_t base_size() const override { return processor_.GetPieceSize(); }

  std::optional<int32_t> id_of(std::string_view name) const override {
    const int id = processor_.PieceToId({name.data(), name.size()});  // that of <unk> for what it does not know
    if (id < 0 || processor_.IdToPiece(id) != name) return std::nullopt;
    return id;
  }

  const std::string& piece(int32_t id) const override {
    if (id < 0 || id >= vocab_size())
      throw InputError(fmt::format("{}: expected the id of a token, 0 to {}, found {}", where_, vocab_size() - 1, id));
    return processor_.IdToPiece(id);
  }

  bool is_special(int32_t id) const override { return id >= 0 && id < vocab_size() && processor_.IsControl(id); }
  const std::string& where() const override { return where_; }

 private:
  std::optional<int32_t> find_token(const std::optional<std::string>& name, const char* key, int own) const {
    if (!name) return own < 0 ? std::nullopt : std::optional<int32_t>(own);
    if (const std::optional<int32_t> id = id_of(*name)) return id;
    throw InputError(fmt::format("{}: expected the token that tokenizer_config.json names in {}, found no '{}'", where_,
                                 key, *name));
  }

  std::string where_;
  sentencepiece::SentencePieceProcessor processor_;
  bool add_bos_ = false, add_eos_ = false;
};

}  // namespace

std::unique_ptr<const Tokenizer> parse_sentencepiece(std::string_view bytes, const std::string& where,
                                                     const TokenizerConfig& config) {
  return std::make_unique<const SentencePieceTokenizer>(bytes, where, config);
}

}  // namespace fp8bench
