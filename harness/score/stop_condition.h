// When a generation ends and what its text is, as lm-evaluation-harness 0.4.13 does it with a Hugging Face model.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/text/tokenizer.h"

namespace fp8bench {

class StopCondition {
 public:
  // until: the text ends before the first of each of these; the text of the tokenizer's EOS is always among them. eos:
  // tokens that end the sequence. An empty string in `until` stops nothing.
  StopCondition(const Tokenizer& tokenizer, std::vector<std::string> until, std::vector<int32_t> eos);

  // After a new last token: is it an eos, or do the last tokens (as many as the stop string has, and two) read as a
  // text that holds a stop string?
  bool reached(std::span<const int32_t> written) const;

  // Without special tokens, and cut at the first occurrence of each stop string, one after the other.
  std::string text(std::span<const int32_t> written) const;

 private:
  struct Stop {
    std::string text;
    size_t lookback;  // tokens
  };
  const Tokenizer& tokenizer_;
  std::vector<Stop> stops_;
  std::vector<int32_t> eos_;
};

}  // namespace fp8bench
