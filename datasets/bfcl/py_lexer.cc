#include "datasets/bfcl/py_lexer.h"

#include <fmt/core.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>

#include "datasets/bfcl/py_literals.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench::python {
namespace {

constexpr int kMaxBrackets = 200;

constexpr std::string_view kKeywords[] = {"False",  "None",   "True",    "and",      "as",       "assert", "async",
                                          "await",  "break",  "class",   "continue", "def",      "del",    "elif",
                                          "else",   "except", "finally", "for",      "from",     "global", "if",
                                          "import", "in",     "is",      "lambda",   "nonlocal", "not",    "or",
                                          "pass",   "raise",  "return",  "try",      "while",    "with",   "yield"};

constexpr std::string_view kOperators[] = {"...", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", ":=", "+",
                                           "-",   "*",  "/",  "%",  "@",  "&",  "|",  "^",  "~",  "<",  ">",
                                           "(",   ")",  "[",  "]",  "{",  "}",  ",",  ":",  ".",  "="};

bool starts_name(char32_t c) {
  return c == '_' || (c < 0x80 ? (c | 0x20) >= 'a' && (c | 0x20) <= 'z'
                               : u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_XID_START));
}
bool continues_name(char32_t c) {
  return starts_name(c) ||
         (c < 0x80 ? c >= '0' && c <= '9' : u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_XID_CONTINUE));
}

// Names are compared in the normal form NFKC.
std::string normalised(std::string_view name) {
  if (std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string(name);
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* form = unorm2_getNFKCInstance(&status);
  std::u16string wide(name.size(), u'\0');
  int32_t size = 0;
  u_strFromUTF8(wide.data(), static_cast<int32_t>(wide.size()), &size, name.data(), static_cast<int32_t>(name.size()),
                &status);
  std::u16string normal(wide.size() * 18 + 16, u'\0');  // NFKC is at most 18 times as long
  const int32_t length =
      unorm2_normalize(form, wide.data(), size, normal.data(), static_cast<int32_t>(normal.size()), &status);
  std::string out(static_cast<size_t>(std::max(length, 0)) * 3 + 1, '\0');
  int32_t bytes = 0;
  u_strToUTF8(out.data(), static_cast<int32_t>(out.size()), &bytes, normal.data(), length, &status);
  if (U_FAILURE(status)) throw SyntaxError("a name that cannot be normalised");
  out.resize(static_cast<size_t>(bytes));
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    if (source_.find('\0') != std::string_view::npos) throw SyntaxError("null bytes");
    while (skip_blank()) next();
    if (!open_.empty()) throw SyntaxError("a bracket is not closed");
    push(Token::Kind::kEnd, source_.size());
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  Token& push(Token::Kind kind, size_t begin) {
    Token token;
    token.kind = kind;
    token.begin = begin;
    token.end = at_;
    tokens_.push_back(std::move(token));
    return tokens_.back();
  }

  // False at the end of the source.
  bool skip_blank() {
    while (at_ < source_.size()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\f') {
        ++at_;
      } else if (c == '#') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (c == '\n') {
        const size_t begin = at_++;
        if (open_.empty()) push(Token::Kind::kNewline, begin);
      } else if (c == '\\' && peek(1) == '\n') {
        at_ += 2;
        if (at_ >= source_.size()) throw SyntaxError("unexpected end after a line continuation");
      } else {
        return true;
      }
    }
    return false;
  }

  void next() {
    const char c = peek();
    const bool digit = c >= '0' && c <= '9';
    if (digit || (c == '.' && peek(1) >= '0' && peek(1) <= '9')) return number();
    if (c == '"' || c == '\'') return text(at_, "");
    size_t end = at_;
    if (starts_name(next_character(source_, end))) return name(end);
    for (const std::string_view op : kOperators) {
      if (source_.substr(at_, op.size()) != op) continue;
      const size_t begin = at_;
      at_ += op.size();
      push(Token::Kind::kOperator, begin).text = op;
      return bracket(op.front());
    }
    throw SyntaxError("invalid character");
  }

  void bracket(char c) {
    constexpr std::string_view kOpen = "([{", kClose = ")]}";
    if (kOpen.find(c) != std::string_view::npos) {
      if (open_.size() >= kMaxBrackets) throw SyntaxError("too many nested brackets");
      open_ += kClose[kOpen.find(c)];
    } else if (kClose.find(c) != std::string_view::npos) {
      if (open_.empty() || open_.back() != c) throw SyntaxError("a bracket that was not opened");
      open_.pop_back();
    }
  }

  void name(size_t end) {
    const size_t begin = at_;
    while (end < source_.size()) {
      size_t further = end;
      if (!continues_name(next_character(source_, further))) break;
      end = further;
    }
    const std::string_view word = source_.substr(begin, end - begin);
    at_ = end;
    if ((peek() == '"' || peek() == '\'') && is_text_prefix(word)) return text(begin, word);
    const bool keyword = std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
    push(keyword ? Token::Kind::kKeyword : Token::Kind::kName, begin).text = normalised(word);
  }

  // A letter at once after a number is an error, unless a keyword begins there (1if x else y).
  void check_number_end() {
    size_t end = at_;
    if (at_ >= source_.size() || !continues_name(next_character(source_, end))) return;
    for (const std::string_view word : {"and", "else", "for", "if", "in", "is", "not", "or"})
      if (source_.substr(at_, word.size()) == word) return;
    throw SyntaxError("invalid number");
  }

  void number() {
    const size_t begin = at_;
    Value value = read_number(source_, at_);
    check_number_end();
    push(Token::Kind::kConstant, begin).value = std::move(value);
  }

  void text(size_t begin, std::string_view prefix) {
    bool formatted = false;
    Value value = read_text(source_, at_, prefix, formatted);
    push(formatted ? Token::Kind::kFormatted : Token::Kind::kText, begin).value = std::move(value);
  }

  std::string_view source_;
  size_t at_ = 0;
  std::string open_;  // the brackets that have to be closed
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace fp8bench::python
