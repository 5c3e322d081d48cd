#include "harness/text/jinja/python_text.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstring>

#include "harness/text/jinja/value.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

icu::UnicodeString to_icu(std::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}
std::string from_icu(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

// One character in title case, or Fault where that takes several (the ligatures and their like).
char32_t title_case(char32_t c) {
  icu::UnicodeString upper_case(static_cast<UChar32>(c));
  if (upper_case.toUpper(icu::Locale::getRoot()).countChar32() != 1)
    throw Fault("a title case of several characters is not supported");
  return static_cast<char32_t>(u_totitle(static_cast<UChar32>(c)));
}

bool is_cased(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED); }

// The bytes of the code point that ends before `end`.
size_t last_length(std::string_view text, size_t end) {
  size_t n = 1;
  while (n < end && (static_cast<unsigned char>(text[end - n]) & 0xC0) == 0x80) ++n;
  return n;
}

}  // namespace

bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    points.push_back(point.value);
    at += static_cast<size_t>(point.bytes);
  }
  return points;
}

std::string from_code_points(const std::vector<char32_t>& points) {
  std::string text;
  text.reserve(points.size());
  for (const char32_t c : points) append_utf8(text, c);
  return text;
}

std::string_view strip(std::string_view text, Side side, const std::optional<std::string>& characters) {
  const std::vector<char32_t> set = characters ? code_points(*characters) : std::vector<char32_t>{};
  const auto goes = [&](char32_t c) {
    return characters ? std::find(set.begin(), set.end(), c) != set.end() : is_python_space(c);
  };
  if (set.size() > 256) throw Fault("stripping more than 256 different characters is not supported");
  size_t begin = 0, end = text.size();
  while ((side & kLeft) != 0 && begin < end) {
    const CodePoint point = code_point_at(text, begin);
    if (!goes(point.value)) break;
    begin += static_cast<size_t>(point.bytes);
  }
  while ((side & kRight) != 0 && begin < end) {
    const size_t bytes = last_length(text, end);
    if (!goes(code_point_at(text, end - bytes).value)) break;
    end -= bytes;
  }
  return text.substr(begin, end - begin);
}

std::string upper(std::string_view text) {
  if (!is_ascii(text)) return from_icu(to_icu(text).toUpper(icu::Locale::getRoot()));
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::string lower(std::string_view text) {
  if (!is_ascii(text)) return from_icu(to_icu(text).toLower(icu::Locale::getRoot()));
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string capitalize(std::string_view text) {
  if (text.empty()) return {};
  const CodePoint first = code_point_at(text, 0);
  std::string result;
  append_utf8(result, title_case(first.value));
  // Lower case of the whole first: the shape of a final sigma depends on what stands before it.
  const std::string lowered = lower(text);
  const std::string first_lowered = lower(text.substr(0, static_cast<size_t>(first.bytes)));
  return result + lowered.substr(first_lowered.size());
}

std::string title(std::string_view text) {
  std::string result;
  bool inside = false;
  for (const char32_t c : code_points(text)) {
    if (c == 0x3A3) throw Fault("title() of a capital sigma is not supported");
    std::string one;
    append_utf8(one, inside || !is_cased(c) ? c : title_case(c));
    result += inside ? lower(one) : one;
    inside = is_cased(c);
  }
  return result;
}

namespace {
bool is_of_case(std::string_view text, bool (*wanted)(UChar32), bool (*other)(UChar32)) {
  bool found = false;
  for (const char32_t c : code_points(text)) {
    const auto u = static_cast<UChar32>(c);
    if (other(u) || u_charType(u) == U_TITLECASE_LETTER) return false;
    found = found || wanted(u);
  }
  return found;
}
bool upper_property(UChar32 c) { return u_isUUppercase(c); }
bool lower_property(UChar32 c) { return u_isULowercase(c); }
}  // namespace

bool is_upper(std::string_view text) { return is_of_case(text, upper_property, lower_property); }
bool is_lower(std::string_view text) { return is_of_case(text, lower_property, upper_property); }

bool all_of_class(std::string_view text, CharacterClass what) {
  const auto numeric = [](UChar32 c) {
    const int type = u_getIntPropertyValue(c, UCHAR_NUMERIC_TYPE);
    return std::pair(type == U_NT_DECIMAL || type == U_NT_DIGIT, type != U_NT_NONE);
  };
  for (const char32_t c : code_points(text)) {
    const auto u = static_cast<UChar32>(c);
    bool holds = false;
    switch (what) {
      case CharacterClass::kDigit:
        holds = numeric(u).first;
        break;
      case CharacterClass::kAlpha:
        holds = u_isalpha(u);
        break;
      case CharacterClass::kAlphanumeric:
        holds = u_isalpha(u) || numeric(u).second;
        break;
      case CharacterClass::kSpace:
        holds = is_python_space(c);
        break;
    }
    if (!holds) return false;
  }
  return !text.empty();
}

namespace {
bool breaks_line(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}
}  // namespace

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    size_t next = at + static_cast<size_t>(point.bytes);
    if (breaks_line(point.value)) {
      if (point.value == '\r' && next < text.size() && text[next] == '\n') ++next;
      lines.emplace_back(text.substr(begin, (keep_ends ? next : at) - begin));
      begin = next;
    }
    at = next;
  }
  if (begin < text.size()) lines.emplace_back(text.substr(begin));
  return lines;
}

std::vector<std::string> split(std::string_view text, const std::optional<std::string>& separator, int64_t most) {
  std::vector<std::string> parts;
  if (separator) {
    size_t begin = 0;
    while (most < 0 || static_cast<int64_t>(parts.size()) < most) {
      const size_t found = find_bytes(text, *separator, begin);
      if (found == std::string_view::npos) break;
      parts.emplace_back(text.substr(begin, found - begin));
      begin = found + separator->size();
    }
    parts.emplace_back(text.substr(begin));
    return parts;
  }
  text = strip(text, kLeft, std::nullopt);
  while (!text.empty()) {
    if (most >= 0 && static_cast<int64_t>(parts.size()) >= most) {
      parts.emplace_back(text);  // with the space at its end
      break;
    }
    size_t end = 0;
    while (end < text.size() && !is_python_space(code_point_at(text, end).value))
      end += static_cast<size_t>(code_point_at(text, end).bytes);
    parts.emplace_back(text.substr(0, end));
    text = strip(text.substr(end), kLeft, std::nullopt);
  }
  return parts;
}

std::vector<std::string> split_right(std::string_view text, const std::optional<std::string>& separator, int64_t most) {
  std::vector<std::string> parts;
  if (separator) {
    while (most < 0 || static_cast<int64_t>(parts.size()) < most) {
      const size_t found = find_last_bytes(text, *separator);
      if (found == std::string_view::npos) break;
      parts.emplace_back(text.substr(found + separator->size()));
      text = text.substr(0, found);
    }
    parts.emplace_back(text);
  } else {
    text = strip(text, kRight, std::nullopt);
    while (!text.empty()) {
      if (most >= 0 && static_cast<int64_t>(parts.size()) >= most) {
        parts.emplace_back(text);
        break;
      }
      size_t begin = text.size();
      while (begin > 0 && !is_python_space(code_point_at(text, begin - last_length(text, begin)).value))
        begin -= last_length(text, begin);
      parts.emplace_back(text.substr(begin));
      text = strip(text.substr(0, begin), kRight, std::nullopt);
    }
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

size_t find_bytes(std::string_view text, std::string_view part, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

size_t find_last_bytes(std::string_view text, std::string_view part) {
  if (part.size() > 1024 && text.size() > (size_t{1} << 30) / part.size())
    throw Fault("searching backwards takes too long");
  return text.rfind(part);
}

int64_t count(std::string_view text, std::string_view part) {
  if (part.empty()) return static_cast<int64_t>(code_points(text).size()) + 1;
  int64_t n = 0;
  for (size_t at = find_bytes(text, part); at != std::string_view::npos; at = find_bytes(text, part, at + part.size()))
    ++n;
  return n;
}

size_t replaced_size(std::string_view text, std::string_view from, std::string_view to, int64_t most) {
  const int64_t found = count(text, from);
  const int64_t n = most < 0 ? found : std::min(most, found);
  return text.size() + static_cast<size_t>(n) * to.size();
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t most) {
  std::string result;
  int64_t n = 0;
  if (from.empty()) {  // between all code points
    size_t at = 0;
    while (most < 0 || n < most) {
      result += to;
      ++n;
      if (at >= text.size()) break;
      const size_t bytes = static_cast<size_t>(code_point_at(text, at).bytes);
      result += text.substr(at, bytes);
      at += bytes;
    }
    return result + std::string(text.substr(std::min(at, text.size())));
  }
  size_t begin = 0;
  while (most < 0 || n < most) {
    const size_t found = find_bytes(text, from, begin);
    if (found == std::string_view::npos) break;
    result += text.substr(begin, found - begin);
    result += to;
    begin = found + from.size();
    ++n;
  }
  return result + std::string(text.substr(begin));
}

int64_t find(std::string_view text, std::string_view part, bool last) {
  const size_t found = last ? find_last_bytes(text, part) : find_bytes(text, part);
  if (found == std::string_view::npos) return -1;
  return static_cast<int64_t>(code_points(text.substr(0, found)).size());
}

std::string html_escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '\'':
        result += "&#39;";
        break;
      case '"':
        result += "&#34;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace fp8bench::jinja
