// A tokenizer of Hugging Face's tokenizer.json with a BPE model.
#pragma once
#include <memory>
#include <unordered_map>

#include "harness/text/added_tokens.h"
#include "harness/text/bpe.h"
#include "harness/text/decoders.h"
#include "harness/text/normalizers.h"
#include "harness/text/post_processors.h"
#include "harness/text/pre_tokenizers.h"
#include "harness/text/tokenizer.h"

namespace fp8bench {

// What tokenizer_json.cc reads from the file; checked there, used here.
struct HfParts {
  std::string where;
  std::vector<std::string> pieces;  // of each id
  std::vector<bool> known;          // has the id a piece?
  std::vector<bool> special;
  std::unordered_map<std::string_view, int32_t> vocabulary;  // of the model; views into `pieces`
  std::unordered_map<std::string, int32_t> added;            // by content
  // Of added tokens that are looked for in normalized text: what they are found as, which is what they decode to.
  std::unordered_map<int32_t, std::string> normalized_content;
  int64_t base_size = 0;
  AddedTokenMatcher raw, normalized;
  Normalizer normalizer;  // empty: none
  PreTokenizer pre_tokenizer;
  std::unique_ptr<const Bpe> model;  // refers to `vocabulary`
  Decoder decoder;
  Surrounding surrounding;
  std::optional<int32_t> bos, eos;
};

class HfTokenizer final : public Tokenizer {
 public:
  explicit HfTokenizer(std::unique_ptr<const HfParts> parts);

  std::vector<int32_t> encode(std::string_view text, bool add_special) const override;
  std::string decode(std::span<const int32_t> ids, bool skip_special) const override;
  int64_t vocab_size() const override { return static_cast<int64_t>(parts_->pieces.size()); }
  int64_t base_size() const override { return parts_->base_size; }
  std::optional<int32_t> id_of(std::string_view piece) const override;
  const std::string& piece(int32_t id) const override;
  bool is_special(int32_t id) const override;
  const std::string& where() const override { return parts_->where; }

 private:
  void encode_text(std::string_view text, bool at_text_start, std::vector<int32_t>& ids) const;
  void encode_normalized(std::string_view text, bool at_text_start, std::vector<int32_t>& ids) const;

  std::unique_ptr<const HfParts> parts_;
};

}  // namespace fp8bench
