#include "datasets/eval/python_text.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "datasets/ifeval/python_text.h"

namespace fp8bench {
namespace {

// The code point that begins at `at`, which moves behind it; U+FFFD for a malformed byte.
char32_t next_code(std::string_view text, size_t& at) {
  auto position = static_cast<int32_t>(at);
  const auto size = static_cast<int32_t>(text.size());
  UChar32 code = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // ICU's macro, not ours
  U8_NEXT(text.data(), position, size, code);
#pragma GCC diagnostic pop
  at = static_cast<size_t>(position);
  return code < 0 ? U'\uFFFD' : static_cast<char32_t>(code);
}

std::string from_icu(const icu::UnicodeString& text) {
  std::string out;
  return text.toUTF8String(out);
}

icu::UnicodeString to_icu(std::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size();) out += next_code(utf8, at);
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t code : text) out += from_icu(icu::UnicodeString(static_cast<UChar32>(code)));
  return out;
}

int64_t python_len(std::string_view text) {
  int64_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) next_code(text, at);
  return count;
}

std::string python_strip(std::string_view text) {
  size_t begin = text.size(), end = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    if (python::is_space(next_code(text, at))) continue;
    if (begin == text.size()) begin = here;
    end = at;
  }
  return begin < end ? std::string(text.substr(begin, end - begin)) : std::string();
}

std::string python_lower(std::string_view text) { return python::lower(python::valid_utf8(text)); }

std::string python_capitalize(std::string_view text) {
  if (text.empty()) return {};
  size_t at = 0;
  next_code(text, at);
  icu::UnicodeString first = to_icu(text.substr(0, at));
  first.toTitle(nullptr, icu::Locale::getRoot());
  // The whole is lowered first: a final sigma looks at what stands before it.
  const icu::UnicodeString lowered = to_icu(text).toLower(icu::Locale::getRoot());
  icu::UnicodeString head = to_icu(text.substr(0, at));
  const int32_t skip = head.toLower(icu::Locale::getRoot()).length();
  return from_icu(first) + from_icu(lowered.tempSubString(skip));
}

std::vector<std::string> python_split(std::string_view text, std::string_view separator) {
  std::vector<std::string> pieces;
  while (true) {
    const size_t at = text.find(separator);
    pieces.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + separator.size());
  }
}

std::string python_replace(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

int64_t count_whitespace_pieces(std::string_view text) {
  int64_t runs = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const bool space = python::is_space(next_code(text, at));
    if (space && !inside) ++runs;
    inside = space;
  }
  return runs + 1;
}

std::string universal_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

}  // namespace fp8bench
