// The thoughts of a Gemma 4 answer: <|channel>thought\n ... <channel|>. Rules and cases: vLLM's gemma4 reasoning
// parser. The text must keep its special tokens (decode with skip_special_tokens=False).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace fp8bench {

struct Reasoning {
  std::optional<std::string> reasoning;  // absent: the answer has no thoughts
  std::optional<std::string> content;    // absent: it has nothing else
};

// A whole answer. Without a tag everything is content; with only the end tag, everything before it is reasoning (the
// prompt may have opened the channel); what stands before the start tag is dropped.
Reasoning split_reasoning(std::string_view output);

// True when the last tag of the text says that the model no longer thinks: the channel is closed or a tool call begun.
bool reasoning_ended(std::string_view text);

// The same answer in chunks, cut anywhere, a tag or a UTF-8 sequence included. Differs from split_reasoning as vLLM's
// stream does: text before the start tag is content, because it was passed on before the tag came, and an end tag
// without a start is dropped. After the first channel everything is content.
class ReasoningStream {
 public:
  struct Delta {
    std::string reasoning, content;
  };
  Delta feed(std::string_view chunk);
  Delta finish();  // what was held back
  bool saw_reasoning() const { return state_ != State::kBefore; }

 private:
  enum class State { kBefore, kLabel, kReasoning, kAfter };
  Delta take(bool last);
  std::string pending_;
  State state_ = State::kBefore;
};

}  // namespace fp8bench
