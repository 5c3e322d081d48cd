// Text to token ids and back, exactly as the checkpoint's own files say. tokenizer.json (Hugging Face, BPE) is read by
// our own code, tokenizer.model by the sentencepiece library. A part of a file that this code does not know is refused,
// never skipped: a tokenizer that is nearly right gives a benchmark that is wrong everywhere.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Ids of `text`. Bytes that are not UTF-8 count as U+FFFD, one for each maximal subpart. `add_special`: with what the
  // files put before and after a text (BOS, EOS); a BOS that the text itself begins with is not put there twice.
  virtual std::vector<int32_t> encode(std::string_view text, bool add_special) const = 0;

  // Text of `ids`; bytes that are no UTF-8 become U+FFFD. `skip_special`: without special tokens (not: added tokens
  // that are ordinary text). Throws InputError for an id that is in no vocabulary.
  virtual std::string decode(std::span<const int32_t> ids, bool skip_special) const = 0;

  virtual int64_t vocab_size() const = 0;  // the largest id, added tokens included, and 1
  virtual int64_t base_size() const = 0;   // the same of the model's own vocabulary
  virtual std::optional<int32_t> id_of(std::string_view piece) const = 0;
  virtual const std::string& piece(int32_t id) const = 0;  // as it stands in the file; throws InputError
  virtual bool is_special(int32_t id) const = 0;
  virtual const std::string& where() const = 0;  // the file, for messages

  std::optional<int32_t> bos() const { return bos_; }
  std::optional<int32_t> eos() const { return eos_; }

 protected:
  std::optional<int32_t> bos_, eos_;
};

// `path`: a checkpoint's folder (tokenizer.json, else tokenizer.model), or one such file; tokenizer_config.json beside
// it names BOS and EOS and says whether texts get them. Throws InputError.
std::unique_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& path);

// What a tokenizer_config.json says that concerns ids.
struct TokenizerConfig {
  std::optional<std::string> bos, eos;
  std::optional<bool> add_bos, add_eos;
};
TokenizerConfig parse_tokenizer_config(std::string_view text, const std::string& where);  // throws InputError

// From the bytes of the files; `where` is the file's name for messages.
std::unique_ptr<const Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& where,
                                                      const TokenizerConfig& config = {});
std::unique_ptr<const Tokenizer> parse_sentencepiece(std::string_view bytes, const std::string& where,
                                                     const TokenizerConfig& config = {});

// Throws InputError when the tokenizer cannot be that of a model with `vocab_size` embeddings: an id of its own
// vocabulary has no embedding, or more embeddings than padding explains (1 in 16) have no id.
void check_vocabulary(const Tokenizer& tokenizer, int64_t vocab_size);

// Decodes token by token, as Hugging Face's DecodeStream: text is held back while it ends in half a character.
class StreamDecoder {
 public:
  StreamDecoder(const Tokenizer& tokenizer, bool skip_special) : tokenizer_(tokenizer), skip_special_(skip_special) {}

  std::optional<std::string> push(int32_t id);  // the text that is certain now, if any
  std::string finish();                         // what was held back; the decoder is new afterwards

 private:
  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::vector<int32_t> ids_;  // since the last text but one: how a token reads may depend on the one before
  std::string prefix_;        // text of the first prefix_ids_ of them, already given out
  size_t prefix_ids_ = 0;
};

}  // namespace fp8bench
