#include "harness/text/tool_call.h"

#include <algorithm>

#include "harness/text/tag_buffer.h"

namespace fp8bench {
namespace {

constexpr std::string_view kOpen = "<|tool_call>", kCall = "call:", kClose = "}<tool_call|>", kQuote = "<|\"|>";

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Bytes of "call:name{" at the beginning of the text; 0 if something else stands there.
size_t header_length(std::string_view text, std::string& name) {
  if (!text.starts_with(kCall)) return 0;
  size_t end = kCall.size();
  while (end < text.size() && is_name_character(text[end])) ++end;
  if (end == kCall.size() || end == text.size() || text[end] != '{') return 0;
  name = std::string(text.substr(kCall.size(), end - kCall.size()));
  return end + 1;
}

// Where the arguments end: the closing tag outside of strings. If the quotes do not pair and nothing more comes, the
// first one at all.
size_t arguments_end(std::string_view text, bool last) {
  for (size_t at = 0; at < text.size();) {
    const size_t close = text.find(kClose, at), quote = text.find(kQuote, at);
    if (close == std::string_view::npos || close < quote) return close;
    const size_t end = text.find(kQuote, quote + kQuote.size());
    if (end == std::string_view::npos) break;
    at = end + kQuote.size();
  }
  return last ? text.find(kClose) : std::string_view::npos;
}

std::string stripped(std::string_view text) {
  const std::string_view space = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(space) + 1 - begin));
}

}  // namespace

ToolCalls parse_tool_calls(std::string_view output) {
  ToolCalls result;
  size_t first = std::string_view::npos;
  for (size_t at = output.find(kOpen); at != std::string_view::npos; at = output.find(kOpen, at)) {
    const size_t open = at;
    at += kOpen.size();
    ToolCall call;
    const size_t header = header_length(output.substr(at), call.name);
    if (header == 0) continue;
    const std::string_view rest = output.substr(at + header);
    const size_t end = arguments_end(rest, true);
    if (end == std::string_view::npos) continue;
    call.arguments = parse_tool_arguments(rest.substr(0, end));
    result.calls.push_back(std::move(call));
    first = std::min(first, open);
    at += header + end + kClose.size();
  }
  if (result.calls.empty())
    result.content = std::string(output);
  else if (std::string content = stripped(output.substr(0, first)); !content.empty())
    result.content = std::move(content);
  return result;
}

std::vector<ToolCallStream::Event> ToolCallStream::feed(std::string_view chunk) {
  std::vector<Event> events;
  pending_ += chunk;
  take(false, events);
  return events;
}
std::vector<ToolCallStream::Event> ToolCallStream::finish() {
  std::vector<Event> events;
  take(true, events);
  return events;
}

void ToolCallStream::take(bool last, std::vector<Event>& events) {
  bool more = true;
  while (more) {
    switch (state_) {
      case State::kContent:
        more = take_content(last, events);
        break;
      case State::kName:
        more = take_name(last, events);
        break;
      case State::kArguments:
        more = take_arguments(last, events);
        break;
    }
  }
}

bool ToolCallStream::take_content(bool last, std::vector<Event>& events) {
  const size_t open = pending_.find(kOpen);
  const size_t keep = last ? 0 : std::max(unfinished_tag(pending_, {kOpen}), unfinished_code_point(pending_));
  const size_t size = open != std::string::npos ? open : pending_.size() - keep;
  if (size > 0) events.push_back({Event::Kind::kContent, static_cast<int>(calls_.size()), pending_.substr(0, size)});
  pending_.erase(0, size + (open != std::string::npos ? kOpen.size() : 0));
  if (open == std::string::npos) return false;
  state_ = State::kName;
  return true;
}

bool ToolCallStream::take_name(bool last, std::vector<Event>& events) {
  const size_t header = header_length(pending_, name_);
  if (header == 0) {
    const std::string_view head = std::string_view(pending_).substr(0, kCall.size());
    const bool may_come =
        kCall.starts_with(head) &&
        std::all_of(pending_.begin() + static_cast<std::ptrdiff_t>(head.size()), pending_.end(), is_name_character);
    if (may_come && !last) return false;
    // No call after all: the tag was text.
    pending_.insert(0, kOpen);
    const size_t after = kOpen.size();
    events.push_back({Event::Kind::kContent, static_cast<int>(calls_.size()), pending_.substr(0, after)});
    pending_.erase(0, after);
    state_ = State::kContent;
    return true;
  }
  pending_.erase(0, header);
  sent_.clear();
  events.push_back({Event::Kind::kName, static_cast<int>(calls_.size()), name_});
  state_ = State::kArguments;
  return true;
}

bool ToolCallStream::take_arguments(bool last, std::vector<Event>& events) {
  const size_t end = arguments_end(pending_, last);
  if (end == std::string::npos) {
    const size_t keep = std::max(unfinished_tag(pending_, {kClose, kQuote}), unfinished_code_point(pending_));
    const std::string_view known = std::string_view(pending_).substr(0, pending_.size() - keep);
    std::string json = spaced_json(parse_tool_arguments(known, true));
    json.erase(json.find_last_not_of("}]\"") + 1);  // what closes may open again
    if (!json.empty() && json.size() > sent_.size()) send_arguments(json, events);
    return false;
  }
  calls_.push_back({name_, parse_tool_arguments(std::string_view(pending_).substr(0, end))});
  const int index = static_cast<int>(calls_.size()) - 1;
  const std::string json = spaced_json(calls_.back().arguments);
  if (json.starts_with(sent_) && json.size() > sent_.size())
    events.push_back({Event::Kind::kArguments, index, json.substr(sent_.size())});
  pending_.erase(0, end + kClose.size());
  state_ = State::kContent;
  return true;
}

void ToolCallStream::send_arguments(const std::string& json, std::vector<Event>& events) {
  if (!json.starts_with(sent_)) return;
  events.push_back({Event::Kind::kArguments, static_cast<int>(calls_.size()), json.substr(sent_.size())});
  sent_ = json;
}

}  // namespace fp8bench
