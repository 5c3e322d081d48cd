#include "harness/text/reasoning.h"

#include <algorithm>

#include "harness/text/tag_buffer.h"

namespace fp8bench {
namespace {

constexpr std::string_view kStart = "<|channel>", kEnd = "<channel|>", kLabel = "thought\n";

std::string without_label(std::string_view reasoning) {
  if (reasoning.starts_with(kLabel)) reasoning.remove_prefix(kLabel.size());
  return std::string(reasoning);
}

}  // namespace

Reasoning split_reasoning(std::string_view output) {
  const size_t start = output.find(kStart);
  if (start == std::string_view::npos && output.find(kEnd) == std::string_view::npos)
    return {std::nullopt, std::string(output)};
  if (start != std::string_view::npos) output.remove_prefix(start + kStart.size());
  const size_t end = output.find(kEnd);
  if (end == std::string_view::npos) return {without_label(output), std::nullopt};
  const std::string_view content = output.substr(end + kEnd.size());
  return {without_label(output.substr(0, end)), content.empty() ? std::nullopt : std::optional(std::string(content))};
}

bool reasoning_ended(std::string_view text) {
  struct Tag {
    std::string_view text;
    bool ended;
  };
  // A new turn or a tool's response starts new thoughts.
  static constexpr Tag kTags[] = {
      {kStart, false}, {kEnd, true}, {"<|tool_call>", true}, {"<|turn>", false}, {"<|tool_response>", false}};
  bool ended = false;
  size_t last = 0;
  for (const Tag& tag : kTags) {
    const size_t at = text.rfind(tag.text);
    if (at == std::string_view::npos || at + 1 <= last) continue;
    last = at + 1;
    ended = tag.ended;
  }
  return ended;
}

ReasoningStream::Delta ReasoningStream::feed(std::string_view chunk) {
  pending_ += chunk;
  return take(false);
}
ReasoningStream::Delta ReasoningStream::finish() { return take(true); }

ReasoningStream::Delta ReasoningStream::take(bool last) {
  Delta delta;
  const auto held = [&](std::string_view tag) {
    return last ? 0 : std::max(unfinished_tag(pending_, {tag}), unfinished_code_point(pending_));
  };
  while (true) {
    switch (state_) {
      case State::kBefore: {
        const size_t start = pending_.find(kStart), end = pending_.find(kEnd);
        const size_t found = std::min(start, end);
        if (found == std::string::npos) {
          const size_t keep =
              last ? 0 : std::max(unfinished_tag(pending_, {kStart, kEnd}), unfinished_code_point(pending_));
          delta.content += pending_.substr(0, pending_.size() - keep);
          pending_.erase(0, pending_.size() - keep);
          return delta;
        }
        delta.content += pending_.substr(0, found);
        pending_.erase(0, found + (found == start ? kStart : kEnd).size());
        if (found == start) state_ = State::kLabel;
        break;
      }
      case State::kLabel:  // until it is known whether the label is there
        if (pending_.starts_with(kLabel))
          pending_.erase(0, kLabel.size());
        else if (!last && kLabel.starts_with(pending_))
          return delta;
        state_ = State::kReasoning;
        break;
      case State::kReasoning: {
        const size_t end = pending_.find(kEnd);
        const size_t size = end == std::string::npos ? pending_.size() - held(kEnd) : end;
        delta.reasoning += pending_.substr(0, size);
        pending_.erase(0, size + (end == std::string::npos ? 0 : kEnd.size()));
        if (end == std::string::npos) return delta;
        state_ = State::kAfter;
        break;
      }
      case State::kAfter: {
        const size_t keep = last ? 0 : unfinished_code_point(pending_);
        delta.content += pending_.substr(0, pending_.size() - keep);
        pending_.erase(0, pending_.size() - keep);
        return delta;
      }
    }
  }
}

}  // namespace fp8bench
