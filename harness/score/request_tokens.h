// From the text of a request to the tokens that are scored or continued, as the Hugging Face model class of
// lm-evaluation-harness 0.4.13 does it (lm_eval/models/huggingface.py, api/model.py, utils.py).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/score/log_likelihood.h"
#include "harness/text/tokenizer.h"

namespace fp8bench {

struct RequestTokenOptions {
  int64_t max_length = 0;       // tokens that the model reads at most
  std::optional<bool> special;  // lm-eval's add_bos_token: absent, what the tokenizer's files say
};

class RequestTokens {
 public:
  // Throws InputError if the tokenizer names neither BOS nor EOS: nothing could stand before the first token.
  RequestTokens(const Tokenizer& tokenizer, const RequestTokenOptions& options);

  // The continuation after the context. White space at the context's end belongs to the continuation; both are
  // tokenized as one text, cut where the tokens of the context alone end; an empty context is the prefix token. What is
  // too long loses tokens from the left. Throws InputError if nothing is left to score or the continuation alone is
  // longer than the model reads.
  ScoredSequence pair(const std::string& context, const std::string& continuation) const;

  // A whole text in windows of max_length that do not overlap, each given the one token before it; before the first
  // token stands the prefix token. Empty for an empty text.
  std::vector<ScoredSequence> rolling(const std::string& text) const;

  // What is continued with up to max_tokens: the last max_length - max_tokens tokens. Throws InputError if there is no
  // room.
  std::vector<int32_t> prompt(const std::string& context, int64_t max_tokens) const;

  int32_t prefix() const { return prefix_; }

 private:
  std::vector<int32_t> encode(const std::string& text) const;
  ScoredSequence cut(std::vector<int32_t> context, const std::vector<int32_t>& continuation,
                     const std::string& text) const;

  const Tokenizer& tokenizer_;
  RequestTokenOptions options_;
  int32_t prefix_ = 0;
  std::string prefix_text_;
};

// Bytes of `text` without the white space at its end, in Python's sense (str.rstrip).
size_t length_without_trailing_space(std::string_view text);

}  // namespace fp8bench
