#include "harness/text/jinja/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/text/jinja/lexer_literals.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

using Kind = Token::Kind;

// \r\n and \r become \n; one newline at the end is dropped, as Jinja's keep_trailing_newline=False.
std::string normalized(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text += source[i];
      continue;
    }
    text += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalized(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) text_until_tag();
    add(Kind::kEnd, "end of template");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Fault(fmt::format("{}: {}", line_, what)); }
  bool sees(std::string_view text) const { return source_.compare(at_, text.size(), text) == 0; }
  void add(Kind kind, std::string text) { tokens_.push_back({kind, line_, std::move(text), {}}); }
  // Over `n` bytes, counting lines.
  void skip(size_t n) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(at_ + n), '\n'));
    line_starts_ = n > 0 && source_[at_ + n - 1] == '\n';
    at_ += n;
  }
  size_t space_length(size_t from) const {
    const std::string_view rest = std::string_view(source_).substr(from);
    return rest.size() - strip(rest, kLeft, std::nullopt).size();
  }

  // Whether `{% raw %}` stands here; its length, and whether it strips what follows.
  size_t raw_length() const {
    size_t end = at_ + 2;
    if (end < source_.size() && (source_[end] == '-' || source_[end] == '+')) ++end;
    end += space_length(end);
    if (source_.compare(end, 3, "raw") != 0) return 0;
    end += 3;
    end += space_length(end);
    if (source_.compare(end, 2, "%}") == 0) return end + 2 - at_;
    if (source_.compare(end, 3, "-%}") == 0) return end + 3 + space_length(end + 3) - at_;
    return 0;
  }

  // The text before a tag that begins with `sign` after its two characters, stripped as the sign and lstrip_blocks say.
  void add_text(std::string_view text, char sign, bool is_print) {
    if (sign == '-') {
      text = strip(text, kRight, std::nullopt);
    } else if (sign != '+' && !is_print) {
      const size_t newline = text.rfind('\n');
      const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
      if ((begin > 0 || line_starts_) && strip(text.substr(begin), kBoth, std::nullopt).empty())
        text = text.substr(0, begin);
    }
    if (!text.empty()) add(Kind::kText, std::string(text));
  }

  char sign_at(size_t at) const {
    return at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
  }

  void text_until_tag() {
    size_t tag = at_;
    while (true) {
      tag = source_.find('{', tag);
      if (tag == std::string::npos || tag + 1 >= source_.size()) {
        add(Kind::kText, source_.substr(at_));
        at_ = source_.size();
        return;
      }
      const char next = source_[tag + 1];
      if (next == '%' || next == '{' || next == '#') break;
      ++tag;
    }
    const char kind = source_[tag + 1];
    const char sign = sign_at(tag + 2);
    add_text(std::string_view(source_).substr(at_, tag - at_), sign, kind == '{');
    skip(tag - at_);
    if (kind == '#') return comment();
    if (kind == '%' && raw_length() > 0) return raw();
    add(kind == '{' ? Kind::kPrintBegin : Kind::kBlockBegin, source_.substr(at_, 2));
    skip(sign == '\0' ? 2 : 3);
    code(kind == '{');
  }

  // The end of a tag at `at`, "}}", "-%}", "+#}" ...: its length with the whitespace that goes with it, or 0.
  size_t end_length(size_t at, std::string_view close, bool is_print) const {
    if (source_.compare(at, 1, "-") == 0 && source_.compare(at + 1, 2, close) == 0) return 3 + space_length(at + 3);
    if (!is_print && source_.compare(at, 1, "+") == 0 && source_.compare(at + 1, 2, close) == 0) return 3;
    if (source_.compare(at, 2, close) != 0) return 0;
    return !is_print && source_.compare(at + 2, 1, "\n") == 0 ? 3 : 2;
  }

  void comment() {
    const size_t begin = at_ + (sign_at(at_ + 2) == '\0' ? 2 : 3);
    for (size_t at = begin; at < source_.size(); ++at) {
      const size_t length = end_length(at, "#}", false);
      if (length == 0) continue;
      skip(at + length - at_);
      return;
    }
    fail("a comment {# has no end #}");
  }

  void raw() {
    const int first_line = line_;
    skip(raw_length());
    for (size_t at = at_; (at = source_.find("{%", at)) != std::string::npos; ++at) {
      size_t word = at + 2;
      const char sign = sign_at(word);
      if (sign != '\0') ++word;
      word += space_length(word);
      if (source_.compare(word, 6, "endraw") != 0) continue;
      word += 6;
      word += space_length(word);
      const size_t length = end_length(word, "%}", false);
      if (length == 0) continue;
      add_text(std::string_view(source_).substr(at_, at - at_), sign, false);
      skip(word + length - at_);
      return;
    }
    line_ = first_line;
    fail("{% raw %} has no {% endraw %}");
  }

  void code(bool is_print) {
    const int first_line = line_;
    std::string open;  // brackets: inside them "}}" is no end
    while (at_ < source_.size()) {
      if (const size_t length = open.empty() ? end_length(at_, is_print ? "}}" : "%}", is_print) : 0; length > 0) {
        add(is_print ? Kind::kPrintEnd : Kind::kBlockEnd, is_print ? "}}" : "%}");
        skip(length);
        return;
      }
      if (const size_t space = space_length(at_); space > 0) {
        skip(space);
        continue;
      }
      const char c = source_[at_];
      if (c >= '0' && c <= '9') {
        number();
      } else if (const size_t length = name_length(source_, at_); length > 0) {
        add(Kind::kName, source_.substr(at_, length));
        skip(length);
      } else if (c == '\'' || c == '"') {
        string();
      } else {
        operation(open);
      }
    }
    line_ = first_line;
    fail(is_print ? "{{ has no end }}" : "{% has no end %}");
  }

  void number() {
    const bool after_dot = at_ > 0 && source_[at_ - 1] == '.';
    const NumberLiteral literal = read_number(std::string_view(source_).substr(at_), after_dot);
    if (!literal.error.empty()) fail(literal.error);
    add(Kind::kNumber, source_.substr(at_, literal.bytes));
    tokens_.back().number = literal.value;
    skip(literal.bytes);
  }

  void string() {
    size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != source_[at_]) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) fail("a string has no end");
    std::string error;
    std::string text = unescape(std::string_view(source_).substr(at_ + 1, end - at_ - 1), error);
    if (!error.empty()) fail(error);
    add(Kind::kString, std::move(text));
    skip(end + 1 - at_);
  }

  void operation(std::string& open) {
    static constexpr std::array<std::string_view, 24> kOperators = {"//", "**", "==", "!=", ">=", "<=", "+", "-",
                                                                    "/",  "*",  "%",  "~",  "[",  "]",  "(", ")",
                                                                    "{",  "}",  ">",  "<",  "=",  ".",  ":", "|"};
    std::string_view found = sees(",") ? "," : "";
    for (const std::string_view candidate : kOperators)
      if (found.empty() && sees(candidate)) found = candidate;
    if (found.empty()) {
      const CodePoint point = code_point_at(source_, at_);
      fail(fmt::format("unexpected character '{}'", source_.substr(at_, static_cast<size_t>(point.bytes))));
    }
    if (found == "(" || found == "[" || found == "{") open += found == "(" ? ')' : found == "[" ? ']' : '}';
    if (found == ")" || found == "]" || found == "}") {
      if (open.empty()) fail(fmt::format("unexpected '{}'", found));
      if (open.back() != found.front()) fail(fmt::format("unexpected '{}', expected '{}'", found, open.back()));
      open.pop_back();
    }
    add(Kind::kOperator, std::string(found));
    skip(found.size());
  }

  std::string source_;
  size_t at_ = 0;
  int line_ = 1;
  bool line_starts_ = true;  // what was read last ended with a newline
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace fp8bench::jinja
