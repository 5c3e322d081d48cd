#include <fmt/core.h>
#include <unicode/uchar.h>

#include <map>
#include <set>

#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"
#include "datasets/task.h"

namespace fp8bench::python {
namespace {

constexpr std::string_view kWord = R"(\p{L}\p{N}_)";
constexpr std::string_view kSpace = R"(\t-\r\x{1c}-\x{20}\x{85}\p{Z})";  // category Z is Zs and U+2028, U+2029

// Lower-case letters that re holds equal though lower() does not: different small letters with one capital letter.
const std::vector<std::vector<char32_t>> kEqualLetters = {
    {0x69, 0x131},   {0x73, 0x17F},    {0xB5, 0x3BC},    {0x345, 0x3B9, 0x1FBE},  {0x390, 0x1FD3},
    {0x3B0, 0x1FE3}, {0x3B2, 0x3D0},   {0x3B5, 0x3F5},   {0x3B8, 0x3D1},          {0x3BA, 0x3F0},
    {0x3C0, 0x3D6},  {0x3C1, 0x3F1},   {0x3C2, 0x3C3},   {0x3C6, 0x3D5},          {0x432, 0x1C80},
    {0x434, 0x1C81}, {0x43E, 0x1C82},  {0x441, 0x1C83},  {0x442, 0x1C84, 0x1C85}, {0x44A, 0x1C86},
    {0x463, 0x1C87}, {0x1C88, 0xA64B}, {0x1E61, 0x1E9B}, {0xFB05, 0xFB06}};

// Every character whose lower case is this one.
const std::multimap<char32_t, char32_t>& characters_of_lower() {
  static const std::multimap<char32_t, char32_t> table = [] {
    std::multimap<char32_t, char32_t> inverse;
    for (char32_t c = 0; c < 0x1F000; ++c) {
      const auto low = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
      if (low != c) inverse.emplace(low, c);
    }
    return inverse;
  }();
  return table;
}

std::string code(char32_t c) { return fmt::format("\\x{{{:x}}}", static_cast<uint32_t>(c)); }

// One character of the pattern outside a class.
std::string literal(char32_t c, bool ignore_case) {
  if (!ignore_case) return code(c);
  const auto low = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  std::set<char32_t> lows{low};
  for (const auto& letters : kEqualLetters)
    for (const char32_t letter : letters)
      if (letter == low) lows.insert(letters.begin(), letters.end());
  std::set<char32_t> all = lows;
  for (const char32_t one : lows) {
    const auto [begin, end] = characters_of_lower().equal_range(one);
    for (auto it = begin; it != end; ++it) all.insert(it->second);
  }
  if (all.size() == 1) return code(c);
  std::string set = "[";
  for (const char32_t one : all) set += code(one);
  return set + "]";
}

class Translator {
 public:
  Translator(std::string_view pattern, bool ignore_case) : pattern_(pattern), ignore_case_(ignore_case) {}

  std::string run() {
    while (at_ < pattern_.size()) one();
    return result_;
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    throw DatasetError(fmt::format("expected a regular expression, found {}: {}", pattern_, what));
  }
  char peek(size_t ahead = 0) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  void one() {
    const char c = pattern_[at_];
    switch (c) {
      case '\\':
        escape(false);
        return;
      case '[':
        set();
        return;
      case '(':
        group();
        return;
      case '{':
        brace();
        return;
      case '.':
      case '^':
      case '$':
      case '|':
      case ')':
      case '*':
      case '+':
      case '?':
        result_ += c;
        ++at_;
        return;
      default:
        result_ += literal(next_character(pattern_, at_), ignore_case_);
    }
  }

  void group() {
    if (peek(1) == '*') refuse("nothing to repeat");
    if (peek(1) == '?') {
      if (std::string_view("P:=!<#(>aiLmsux-").find(peek(2)) == std::string_view::npos || peek(2) == '\0')
        refuse("unknown extension");
      if (peek(2) == '#') {
        const size_t end = pattern_.find(')', at_);
        if (end == std::string_view::npos) refuse("missing ), unterminated comment");
        at_ = end + 1;
        return;
      }
      if (peek(2) == 'P' && peek(3) != '<' && peek(3) != '=') refuse("unknown extension");
      if (peek(2) == 'a' || peek(2) == 'L' || peek(2) == 'u' || peek(2) == 'x') refuse("an inline flag");
      // A name and a condition are taken over as they are.
      const bool named = peek(2) == 'P' || peek(2) == '(';
      const size_t end = named ? pattern_.find_first_of(peek(3) == '<' ? ">" : ")", at_) : std::string_view::npos;
      if (named && end == std::string_view::npos) refuse("unterminated name");
      const size_t stop = named ? end + 1 : at_ + (peek(2) == '<' ? 4 : 3);
      result_ += pattern_.substr(at_, stop - at_);
      at_ = std::min(stop, pattern_.size());
      return;
    }
    result_ += '(';
    ++at_;
  }

  // {n}, {n,}, {,m}, {n,m}; any other brace is itself.
  void brace() {
    size_t end = at_ + 1;
    while (end < pattern_.size() && (is_digit(pattern_[end]) || pattern_[end] == ',')) ++end;
    const std::string_view body = pattern_.substr(at_ + 1, end - at_ - 1);
    const size_t comma = body.find(',');
    const bool repeats = end < pattern_.size() && pattern_[end] == '}' && !body.empty() && body.rfind(',') == comma;
    if (!repeats) {
      result_ += "\\{";
      ++at_;
      return;
    }
    result_ += fmt::format("{{{}{}}}", body.front() == ',' ? "0" : "", body);
    at_ = end + 1;
  }

  char32_t hex(size_t digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      const char d = peek();
      const bool letter = (d >= 'a' && d <= 'f') || (d >= 'A' && d <= 'F');
      if (!is_digit(d) && !letter) refuse("incomplete escape");
      value = value * 16 + static_cast<uint32_t>(letter ? (d | 0x20) - 'a' + 10 : d - '0');
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) refuse("no character");
    return value;
  }

  void put(char32_t c, bool in_set) { result_ += in_set ? code(c) : literal(c, ignore_case_); }

  void escape(bool in_set) {
    if (at_ + 1 >= pattern_.size()) refuse("bad escape (end of pattern)");
    const char c = pattern_[at_ + 1];
    at_ += 2;
    const auto kind = [&](std::string_view set, bool negated) {
      // A negated set inside a set cannot be written as a list; \S and \D have properties, \W has not.
      if (!in_set)
        result_ += fmt::format("[{}{}]", negated ? "^" : "", set);
      else if (!negated)
        result_ += set;
      else
        refuse("a negated kind inside a set");
    };
    switch (c) {
      case 'w':
      case 'W':
        return kind(kWord, c == 'W');
      case 's':
      case 'S':
        return kind(kSpace, c == 'S');
      case 'd':
        result_ += R"(\p{Nd})";
        return;
      case 'D':
        result_ += R"(\P{Nd})";
        return;
      case 'b':
        if (in_set) return put(8, true);
        result_ += fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", kWord);
        return;
      case 'B':
        if (in_set) refuse("bad escape \\B");
        result_ += fmt::format("(?:(?<=[{0}])(?=[{0}])|(?<![{0}])(?![{0}]))", kWord);
        return;
      case 'A':
      case 'Z':
        if (in_set) refuse("bad escape in a set");
        result_ += c == 'A' ? "\\A" : "\\z";
        return;
      case 'a':
        return put(7, in_set);
      case 'f':
        return put(12, in_set);
      case 'n':
        return put(10, in_set);
      case 'r':
        return put(13, in_set);
      case 't':
        return put(9, in_set);
      case 'v':
        return put(11, in_set);
      case 'x':
        return put(hex(2), in_set);
      case 'u':
        return put(hex(4), in_set);
      case 'U':
        return put(hex(8), in_set);
      default:
        break;
    }
    if (is_digit(c)) return number(c, in_set);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) refuse(fmt::format("bad escape \\{}", c));
    --at_;
    put(next_character(pattern_, at_), in_set);
  }

  // \0, \012 and, in a set, every number are octal; else the number of a group.
  void number(char first, bool in_set) {
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    if (first == '0' || in_set || (octal(first) && octal(peek()) && octal(peek(1)))) {
      if (!octal(first)) refuse("bad escape");
      uint32_t value = static_cast<uint32_t>(first - '0');
      for (int i = 0; i < 2 && octal(peek()); ++i) value = value * 8 + static_cast<uint32_t>(pattern_[at_++] - '0');
      if (value > 0377) refuse("octal escape outside 0-0o377");
      return put(value, in_set);
    }
    result_ += fmt::format("(?:\\g{{{}", first);
    if (is_digit(peek())) result_ += pattern_[at_++];
    result_ += "})";
  }

  void set() {
    result_ += '[';
    ++at_;
    if (peek() == '^') {
      result_ += '^';
      ++at_;
    }
    for (bool first = true;; first = false) {
      if (at_ >= pattern_.size()) refuse("unterminated character set");
      const char c = pattern_[at_];
      if (c == ']' && !first) break;
      if (c == '\\') {
        escape(true);
      } else if (c == '-') {
        // A range, or itself at either end.
        const bool itself = first || peek(1) == ']';
        result_ += itself ? "\\-" : "-";
        ++at_;
      } else {
        result_ += code(next_character(pattern_, at_));
      }
    }
    result_ += ']';
    ++at_;
  }

  std::string_view pattern_;
  bool ignore_case_;
  size_t at_ = 0;
  std::string result_;
};

}  // namespace

std::string translate(std::string_view pattern, bool ignore_case) { return Translator(pattern, ignore_case).run(); }

}  // namespace fp8bench::python
