// The values inside a call.
#include <charconv>
#include <cmath>

#include "harness/text/tag_buffer.h"
#include "harness/text/tool_call.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kQuote = "<|\"|>";
constexpr int kMaxNesting = 64;

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != word[i]) return false;
  return true;
}

Json bare_value(std::string_view text) {
  if (is_word(text, "true")) return true;
  if (is_word(text, "false")) return false;
  if (is_word(text, "null") || is_word(text, "none") || is_word(text, "nil")) return nullptr;
  const char *begin = text.data(), *end = begin + text.size();
  const bool numeric = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  if (numeric) {
    int64_t integer = 0;
    if (const auto read = std::from_chars(begin, end, integer); read.ec == std::errc() && read.ptr == end)
      return integer;
    double real = 0;
    if (const auto read = std::from_chars(begin, end, real);
        read.ec == std::errc() && read.ptr == end && std::isfinite(real))
      return real;
  }
  return std::string(text);
}

class Reader {
 public:
  Reader(std::string_view text, bool partial, int nesting) : text_(text), partial_(partial), nesting_(nesting) {}

  Json object() {
    Json result = Json::object();
    while (skip_separators()) {
      const size_t colon = text_.find(':', at_);
      if (colon == std::string_view::npos) break;
      std::string_view key = trimmed(text_.substr(at_, colon - at_));
      if (key.starts_with(kQuote)) key.remove_prefix(kQuote.size());
      if (key.ends_with(kQuote)) key.remove_suffix(kQuote.size());
      at_ = colon + 1;
      Json value;
      if (!read_value(value)) break;
      result[std::string(key)] = std::move(value);
    }
    return result;
  }

  Json array() {
    Json result = Json::array();
    while (skip_separators()) {
      if (text_[at_] == ']') break;  // a stray bracket ends it
      Json value;
      if (!read_value(value)) break;
      result.push_back(std::move(value));
    }
    return result;
  }

 private:
  bool skip_separators() {
    at_ = std::min(text_.find_first_not_of(", \t\n\v\f\r", at_), text_.size());
    return at_ < text_.size();
  }

  // False if the value may still change and must wait.
  bool read_value(Json& value) {
    at_ = std::min(text_.find_first_not_of(" \t\n\v\f\r", at_), text_.size());
    const std::string_view rest = text_.substr(at_);
    if (rest.empty()) {
      value = "";
      return !partial_;
    }
    if (rest.starts_with(kQuote)) {
      at_ += kQuote.size();
      const size_t end = text_.find(kQuote, at_);
      value = std::string(text_.substr(at_, end == std::string_view::npos ? end : end - at_));
      at_ = end == std::string_view::npos ? text_.size() : end + kQuote.size();
      return true;
    }
    if ((rest.front() == '{' || rest.front() == '[') && nesting_ < kMaxNesting) {
      const bool is_object = rest.front() == '{';
      const size_t end = closing(at_);
      const bool closed = end != std::string_view::npos;
      Reader inner(text_.substr(at_ + 1, closed ? end - at_ - 1 : end), partial_ && !closed, nesting_ + 1);
      value = is_object ? inner.object() : inner.array();
      at_ = closed ? end + 1 : text_.size();
      return true;
    }
    const size_t end = std::min(text_.find_first_of(",}]", at_), text_.size());
    const std::string_view text = trimmed(text_.substr(at_, end - at_));
    if (partial_ && (end == text_.size() || text.ends_with('.'))) return false;
    value = bare_value(text);
    // A bracket that closes nothing is stepped over in an object, where it cannot end anything.
    at_ = end < text_.size() && text_[end] == '}' ? end + 1 : end;
    return true;
  }

  // The bracket that closes the one at `open`; brackets inside strings do not count.
  size_t closing(size_t open) const {
    int depth = 0;
    for (size_t i = open; i < text_.size(); ++i) {
      if (text_.substr(i).starts_with(kQuote)) {
        const size_t end = text_.find(kQuote, i + kQuote.size());
        if (end == std::string_view::npos) return end;
        i = end + kQuote.size() - 1;
      } else if (text_[i] == '{' || text_[i] == '[') {
        ++depth;
      } else if ((text_[i] == '}' || text_[i] == ']') && --depth == 0) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  std::string_view text_;
  bool partial_;
  int nesting_;
  size_t at_ = 0;
};

// The end of what arrived so far may be the beginning of a quote.
std::string_view without_unfinished_quote(std::string_view text, bool partial) {
  if (partial) text.remove_suffix(unfinished_tag(text, {kQuote}));
  return text;
}

}  // namespace

nlohmann::ordered_json parse_tool_arguments(std::string_view text, bool partial) {
  return Reader(without_unfinished_quote(text, partial), partial, 0).object();
}
nlohmann::ordered_json parse_tool_array(std::string_view text, bool partial) {
  return Reader(without_unfinished_quote(text, partial), partial, 0).array();
}

std::string spaced_json(const nlohmann::ordered_json& value) {
  std::string text;
  if (value.is_object()) {
    text = "{";
    for (const auto& [key, part] : value.items()) {
      if (text.size() > 1) text += ", ";
      text += Json(key).dump(-1, ' ', false, Json::error_handler_t::replace);
      text += ": ";
      text += spaced_json(part);
    }
    return text + "}";
  }
  if (value.is_array()) {
    text = "[";
    for (const auto& part : value) {
      if (text.size() > 1) text += ", ";
      text += spaced_json(part);
    }
    return text + "]";
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fp8bench
