// What `fp8bench generate` shows: one model's text as it is written, or two texts side by side.
#pragma once
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "harness/text/reasoning.h"
#include "harness/text/stop_stream.h"
#include "harness/text/tokenizer.h"
#include "harness/text/tool_call.h"

namespace fp8bench {

struct OutputOptions {
  std::vector<std::string> stops;
  std::vector<int32_t> eos;  // end the text and are no part of it
  bool parse = false;        // reasoning and tool calls in parts of their own
  bool special = false;      // special tokens are text
};

// From tokens to text on a stream, token by token, in whole characters.
class OutputStream {
 public:
  OutputStream(const Tokenizer& tokenizer, const OutputOptions& options, std::ostream& out);
  // Returns true when this token ends the text: it is an eos, or a stop string is complete.
  bool push(int32_t id);
  void finish();  // what was held back, and a newline
  bool stopped() const { return stops_.stopped() || ended_; }

 private:
  void show(const std::string& text, bool last);
  void part(const char* name, const std::string& text);
  void show_answer(const std::string& text, bool last);

  const OutputOptions& options_;
  std::ostream& out_;
  StreamDecoder decoder_;
  StopStream stops_;
  ReasoningStream reasoning_;
  ToolCallStream tools_;
  std::string part_;  // whose text is being shown
  bool ended_ = false;
};

// The text of a finished answer.
std::string output_text(const Tokenizer& tokenizer, const OutputOptions& options, std::span<const int32_t> written);

// The number of leading tokens that two answers share.
size_t shared_tokens(std::span<const int32_t> a, std::span<const int32_t> b);

// Both answers, and where they part: the text they share once, then what each wrote from the first differing token on,
// marked with that token.
std::string side_by_side(const Tokenizer& tokenizer, const OutputOptions& options, std::span<const int32_t> a,
                         std::span<const int32_t> b, const std::string& name_a, const std::string& name_b);

}  // namespace fp8bench
