#include "datasets/ifeval/python_text.h"

#include <unicode/ucasemap.h>
#include <unicode/uchar.h>

#include <memory>

namespace fp8bench::python {
namespace {

// First byte of the character that ends before `end`.
size_t character_before(std::string_view text, size_t end) {
  do --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  return end;
}

constexpr char32_t kBroken = 0xFFFFFFFF;

// The character at `at`, or kBroken for a maximal part that begins none; moves on behind it.
char32_t decode(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const uint32_t lead = byte(at++);
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead > 0xF4) return kBroken;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  uint32_t c = lead & (0x3Fu >> more);
  // The second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
  uint32_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint32_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (int i = 0; i < more; ++i) {
    const uint32_t next = byte(at);
    if (next < low || next > high) return kBroken;
    c = c << 6 | (next & 0x3F);
    ++at;
    low = 0x80;
    high = 0xBF;
  }
  return c;
}

bool is_title(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_TITLECASE_LETTER; }

template <class Wanted, class Other>
bool all_of_case(std::string_view text, Wanted wanted, Other other) {
  bool cased = false;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (other(c) || is_title(c)) return false;
    cased = cased || wanted(c);
  }
  return cased;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string valid;
  valid.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const size_t begin = at;
    if (decode(bytes, at) == kBroken)
      valid += "\xEF\xBF\xBD";
    else
      valid.append(bytes, begin, at - begin);
  }
  return valid;
}

char32_t next_character(std::string_view text, size_t& at) {
  const char32_t c = decode(text, at);
  return c == kBroken ? 0xFFFD : c;
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_upper(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_UPPERCASE); }
bool is_lower(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_LOWERCASE); }

std::string_view strip_right(std::string_view text) {
  while (!text.empty()) {
    const size_t last = character_before(text, text.size());
    size_t at = last;
    if (!is_space(next_character(text, at))) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string_view strip(std::string_view text) {
  while (!text.empty()) {
    size_t at = 0;
    if (!is_space(next_character(text, at))) break;
    text.remove_prefix(at);
  }
  return strip_right(text);
}

std::string_view strip_left(std::string_view text, char what) {
  while (!text.empty() && text.front() == what) text.remove_prefix(1);
  return text;
}

std::string_view strip_right(std::string_view text, char what) {
  while (!text.empty() && text.back() == what) text.remove_suffix(1);
  return text;
}

std::string_view strip(std::string_view text, char what) { return strip_right(strip_left(text, what), what); }

std::string lower(std::string_view text) {
  // An empty locale is the root: no Turkish or Lithuanian rules.
  static const std::unique_ptr<UCaseMap, void (*)(UCaseMap*)> map = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<UCaseMap, void (*)(UCaseMap*)>(ucasemap_open("", 0, &status), ucasemap_close);
  }();
  std::string result(text.size() * 3 / 2 + 16, '\0');
  for (;;) {
    UErrorCode status = U_ZERO_ERROR;
    const int32_t size = ucasemap_utf8ToLower(map.get(), result.data(), static_cast<int32_t>(result.size()),
                                              text.data(), static_cast<int32_t>(text.size()), &status);
    const bool fits = static_cast<size_t>(size) <= result.size();
    result.resize(static_cast<size_t>(size));
    if (fits) return result;
  }
}

bool is_upper(std::string_view text) {
  return all_of_case(
      text, [](char32_t c) { return is_upper(c); }, [](char32_t c) { return is_lower(c); });
}

bool is_lower(std::string_view text) {
  return all_of_case(
      text, [](char32_t c) { return is_lower(c); }, [](char32_t c) { return is_upper(c); });
}

std::vector<std::string_view> split_space(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    if (!is_space(next_character(text, at))) continue;
    if (here > begin) words.push_back(text.substr(begin, here - begin));
    begin = at;
  }
  if (text.size() > begin) words.push_back(text.substr(begin));
  return words;
}

std::vector<std::string_view> split(std::string_view text, std::string_view between) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(between);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + between.size());
  }
}

std::string without(std::string_view text, char what) {
  std::string kept;
  kept.reserve(text.size());
  for (const char c : text)
    if (c != what) kept += c;
  return kept;
}

int64_t length(std::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace fp8bench::python
