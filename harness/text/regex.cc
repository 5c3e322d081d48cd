#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/text/regex.h"

#include <fmt/core.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "harness/io/error.h"
#include "harness/text/utf8.h"

namespace fp8bench {
namespace {

constexpr size_t kMaxPattern = 4096;
// White_Space of Unicode; PCRE2's own \s has U+180E too.
constexpr std::string_view kSpace = R"(\t-\r\x{85}\p{Z})";

[[noreturn]] void refuse(const std::string& where, std::string_view pattern, std::string_view what) {
  throw InputError(fmt::format("{}: expected a regular expression without {}, found {}", where, what, pattern));
}

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

struct MatchState {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(size_t{32} << 10, size_t{16} << 20, nullptr);

  MatchState() { pcre2_jit_stack_assign(context, nullptr, stack); }
  ~MatchState() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  MatchState(const MatchState&) = delete;
  MatchState& operator=(const MatchState&) = delete;
};

}  // namespace

std::string translate_regex(std::string_view pattern, const std::string& where) {
  std::string result;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c == '\\') {
      // Letters that the two dialects read differently, or that only one knows.
      if (std::string_view("wWbBhHRXNKGAzZQEgkCyYoO").find(next) != std::string_view::npos && next != '\0')
        refuse(where, pattern, fmt::format("\\{}", next));
      size_t length = std::min<size_t>(2, pattern.size() - i);
      if (next == 's') {
        result += in_class ? fmt::format("{}", kSpace) : fmt::format("[{}]", kSpace);
      } else if (next == 'S') {
        if (in_class) refuse(where, pattern, "\\S inside [...]");
        result += fmt::format("[^{}]", kSpace);
      } else {
        // \p{L} and \x{85} as they are: their braces repeat nothing.
        const bool named = next == 'p' || next == 'P' || next == 'x';
        if (named && i + 2 < pattern.size() && pattern[i + 2] == '{')
          length = std::min(pattern.find('}', i), pattern.size() - 1) + 1 - i;
        result += pattern.substr(i, length);
      }
      i += length - 1;
      continue;
    }
    if (in_class) {
      if (c == '[') refuse(where, pattern, "[ inside [...]");
      if (c == '&' && next == '&') refuse(where, pattern, "&& inside [...]");
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      if (next == ']') refuse(where, pattern, "[]");
      if (next == '^') {
        result += c;
        ++i;
        if (i + 1 < pattern.size() && pattern[i + 1] == ']') refuse(where, pattern, "[^]");
        result += next;
        continue;
      }
    } else if (c == '}' && next == '+') {
      refuse(where, pattern, "}+");  // repetition of a repetition there, possessive here
    } else if (c == '(' && next == '*') {
      refuse(where, pattern, "(*");  // verbs of PCRE2
    }
    result += c;
  }
  return result;
}

Regex::Regex(std::string_view pattern, const std::string& where) : where_(where) {
  if (pattern.size() > kMaxPattern)
    throw InputError(fmt::format("{}: expected at most {} bytes, found {}", where, kMaxPattern, pattern.size()));
  const std::string text = translate_regex(pattern, where);
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 50);
  int error = 0;
  PCRE2_SIZE offset = 0;
  // ^ and $ match at every line in Oniguruma's default dialect.
  constexpr uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
  code_ =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), kOptions, &error, &offset, context.get());
  if (code_ == nullptr)
    throw InputError(fmt::format("{}: expected a regular expression, found {}: {}", where, pattern, message_of(error)));
  pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE);  // without it, matching is slower and equal
}

Regex::~Regex() { pcre2_code_free(code_); }

void Regex::for_each_match(std::string_view text, const std::function<void(size_t, size_t)>& found) const {
  // One a thread: pieces are many and short. One pair of offsets is all that is asked for.
  thread_local const MatchState state;
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  for (size_t pos = 0; pos <= text.size();) {
    const int count = pcre2_match(code_, subject, text.size(), pos, PCRE2_NO_UTF_CHECK, state.data, state.context);
    if (count == PCRE2_ERROR_NOMATCH) return;
    if (count < 0)
      throw InputError(fmt::format("{}: the regular expression fails on a text of {} bytes: {}", where_, text.size(),
                                   message_of(count)));
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(state.data);
    const size_t begin = ends[0], end = ends[1];
    found(begin, end);
    if (end > begin) {
      pos = end;
    } else {
      pos = end + (end < text.size() ? static_cast<size_t>(utf8_length(static_cast<unsigned char>(text[end]))) : 1);
    }
  }
}

}  // namespace fp8bench
