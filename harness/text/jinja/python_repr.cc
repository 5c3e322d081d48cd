// How Python writes and reads numbers and quoted text.
#include <fmt/format.h>
#include <unicode/uchar.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "harness/text/jinja/python_text.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto written = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(written.ptr - buffer));
  const size_t e = text.find('e');
  const bool negative = text.front() == '-';
  std::string digits;
  for (const char c : text.substr(0, e))
    if (c >= '0' && c <= '9') digits += c;
  const int exponent = std::stoi(std::string(text.substr(e + 1)));
  std::string body;
  const int size = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    body = digits.substr(0, 1);
    if (size > 1) body += fmt::format(".{}", digits.substr(1));
    body += fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  } else if (exponent < 0) {
    body = fmt::format("0.{}{}", std::string(static_cast<size_t>(-exponent - 1), '0'), digits);
  } else if (size <= exponent + 1) {
    body = digits + std::string(static_cast<size_t>(exponent + 1 - size), '0') + ".0";
  } else {
    body = digits.substr(0, static_cast<size_t>(exponent) + 1) + "." + digits.substr(static_cast<size_t>(exponent) + 1);
  }
  return negative ? fmt::format("-{}", body) : body;
}

namespace {
bool is_printable(char32_t c) {
  switch (u_charType(static_cast<UChar32>(c))) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
    case U_UNASSIGNED:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return false;
    case U_SPACE_SEPARATOR:
      return c == ' ';
    default:
      return true;
  }
}
}  // namespace

std::string python_quoted(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string result(1, quote);
  for (const char32_t c : code_points(text)) {
    if (c == static_cast<char32_t>(quote) || c == '\\')
      result += {'\\', static_cast<char>(c)};
    else if (c == '\n')
      result += "\\n";
    else if (c == '\r')
      result += "\\r";
    else if (c == '\t')
      result += "\\t";
    else if (is_printable(c))
      append_utf8(result, c);
    else if (c < 0x100)
      result += fmt::format("\\x{:02x}", static_cast<uint32_t>(c));
    else if (c < 0x10000)
      result += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    else
      result += fmt::format("\\U{:08x}", static_cast<uint32_t>(c));
  }
  return result + quote;
}

namespace {
// Digits with single underscores between them, as Python's numbers; false if there is another one.
bool remove_underscores(std::string_view text, std::string& digits) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      digits += text[i];
      continue;
    }
    const auto alphanumeric = [&](size_t at) {
      return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at]));
    };
    if (i == 0 || !alphanumeric(i - 1) || !alphanumeric(i + 1)) return false;
  }
  return true;
}
}  // namespace

std::optional<int64_t> parse_int(std::string_view text, int base) {
  text = strip(text, kBoth, std::nullopt);
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const auto prefix = [&](char letter) {
    return text.size() > 2 && text[0] == '0' && (text[1] == letter || text[1] == letter - 'a' + 'A');
  };
  bool zero_only = false;
  const int asked = base;
  for (const auto& [letter, value] : {std::pair('x', 16), std::pair('o', 8), std::pair('b', 2)}) {
    if (!prefix(letter) || (asked != 0 && asked != value)) continue;
    base = value;
    text.remove_prefix(text[2] == '_' ? 3 : 2);
    break;
  }
  if (base == 0) {
    base = 10;
    zero_only = text.size() > 1 && text.front() == '0';  // int("012", 0) is refused
  }
  std::string digits;
  if (text.empty() || text.front() == '+' || text.front() == '-' || !remove_underscores(text, digits))
    return std::nullopt;
  if (zero_only && digits.find_first_not_of('0') != std::string::npos) return std::nullopt;
  if (negative) digits.insert(0, 1, '-');
  int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  text = strip(text, kBoth, std::nullopt);
  std::string digits;
  if (!remove_underscores(text, digits)) return std::nullopt;
  std::string_view rest = digits;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest.empty()) return std::nullopt;
  const std::string word = lower(rest);
  double value = 0;
  if (word == "inf" || word == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (word == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    if (rest.front() != '.' && !(rest.front() >= '0' && rest.front() <= '9')) return std::nullopt;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (read.ptr != rest.data() + rest.size()) return std::nullopt;
    if (read.ec == std::errc::result_out_of_range)
      value = std::strtod(std::string(rest).c_str(), nullptr);
    else if (read.ec != std::errc())
      return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace fp8bench::jinja
