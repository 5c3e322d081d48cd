#include "datasets/ifeval/json_text.h"

#include <cstddef>

namespace fp8bench::python {
namespace {

constexpr int kMaxDepth = 990;
constexpr size_t kMaxDigits = 4300;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool document() {
    space();
    if (!value(0)) return false;
    space();
    return at_ == text_.size();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void space() {
    while (at_ < text_.size() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool value(int depth) {
    if (depth > kMaxDepth) return false;
    switch (peek()) {
      case '{':
        return collection('}', depth, true);
      case '[':
        return collection(']', depth, false);
      case '"':
        return string();
      default:
        return take("null") || take("true") || take("false") || take("NaN") || take("Infinity") || take("-Infinity") ||
               number();
    }
  }

  bool collection(char close, int depth, bool keys) {
    ++at_;
    space();
    if (take({&close, 1})) return true;
    for (;;) {
      if (keys) {
        if (peek() != '"' || !string()) return false;
        space();
        if (!take(":")) return false;
        space();
      }
      if (!value(depth + 1)) return false;
      space();
      if (take({&close, 1})) return true;
      if (!take(",")) return false;
      space();
    }
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (++at_ >= text_.size()) return false;
      if (text_[at_] == 'u') {
        for (int i = 0; i < 4; ++i) {
          ++at_;
          const char d = peek();
          if (!is_digit(d) && !((d | 0x20) >= 'a' && (d | 0x20) <= 'f')) return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool number() {
    take("-");
    const size_t first = at_;
    if (!is_digit(peek())) return false;
    if (peek() == '0')
      ++at_;
    else
      while (is_digit(peek())) ++at_;
    const size_t digits = at_ - first;
    bool whole = true;
    // A fraction or an exponent that is not complete is not part of the number.
    size_t ahead = at_;
    if (peek() == '.' && ++ahead < text_.size() && is_digit(text_[ahead])) {
      at_ = ahead;
      while (is_digit(peek())) ++at_;
      whole = false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ahead = at_ + 1;
      if (ahead < text_.size() && (text_[ahead] == '+' || text_[ahead] == '-')) ++ahead;
      if (ahead < text_.size() && is_digit(text_[ahead])) {
        at_ = ahead;
        while (is_digit(peek())) ++at_;
        whole = false;
      }
    }
    return !whole || digits <= kMaxDigits;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool json_loads(std::string_view text) { return Reader(text).document(); }

}  // namespace fp8bench::python
