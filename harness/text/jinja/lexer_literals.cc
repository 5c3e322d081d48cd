#include "harness/text/jinja/lexer_literals.h"

#include <fmt/format.h>

#include <cctype>

#include "harness/text/jinja/python_text.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Digits with single underscores between them: bytes.
size_t digits_length(std::string_view text, size_t at) {
  const size_t begin = at;
  while (at < text.size() && (is_digit(text[at]) || (text[at] == '_' && at > begin && at + 1 < text.size() &&
                                                     is_digit(text[at + 1]) && text[at - 1] != '_')))
    ++at;
  return at - begin;
}

std::string without_underscores(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != '_') digits += c;
  return digits;
}

// The value of the hexadecimal digits text[at, at + n), or -1.
int64_t hexadecimal(std::string_view text, size_t at, size_t n) {
  if (at + n > text.size()) return -1;
  int64_t value = 0;
  for (const char c : text.substr(at, n)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return -1;
    value = value * 16 + (is_digit(c) ? c - '0' : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10);
  }
  return value;
}

}  // namespace

size_t name_length(std::string_view source, size_t at) {
  if (at >= source.size() || is_digit(source[at])) return 0;
  size_t end = at;
  while (end < source.size() && is_word(source[end])) ++end;
  return end - at;
}

NumberLiteral read_number(std::string_view text, bool after_dot) {
  const size_t whole = digits_length(text, 0);
  size_t end = whole;
  bool real = false;
  const auto fraction = [&] {
    if (end < text.size() && text[end] == '.' && digits_length(text, end + 1) > 0) {
      end += 1 + digits_length(text, end + 1);
      real = true;
    }
  };
  if (!after_dot) {
    fraction();
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
      size_t digits = end + 1;
      if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) ++digits;
      if (const size_t n = digits_length(text, digits); n > 0) {
        end = digits + n;
        real = true;
      }
    }
  }
  if (real) {
    const auto value = parse_float(without_underscores(text.substr(0, end)));
    if (!value) return {end, {}, fmt::format("bad number '{}'", text.substr(0, end))};
    return {end, Value::number(*value), {}};
  }
  const bool prefixed = text.size() > 2 && text[0] == '0' && std::isalpha(static_cast<unsigned char>(text[1])) != 0;
  end = whole;
  if (prefixed)
    while (end < text.size() && is_word(text[end])) ++end;
  const std::string_view literal = text.substr(0, end);
  const auto value = parse_int(literal, 0);
  if (!value) return {end, {}, fmt::format("bad or too large integer '{}'", literal)};
  return {end, Value::integer(*value), {}};
}

std::string unescape(std::string_view text, std::string& error) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    ++i;  // the lexer made sure that a character follows
    const auto code_point = [&](size_t n) {
      const int64_t value = hexadecimal(text, i + 1, n);
      if (value < 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        error = fmt::format("bad escape \\{} in a string", text[i]);
      else
        append_utf8(result, static_cast<char32_t>(value));
      i += n;
    };
    switch (text[i]) {
      case '\n':
        break;
      case 'n':
        result += '\n';
        break;
      case 't':
        result += '\t';
        break;
      case 'r':
        result += '\r';
        break;
      case 'a':
        result += '\a';
        break;
      case 'b':
        result += '\b';
        break;
      case 'f':
        result += '\f';
        break;
      case 'v':
        result += '\v';
        break;
      case '\\':
      case '\'':
      case '"':
        result += text[i];
        break;
      case 'x':
        code_point(2);
        break;
      case 'u':
        code_point(4);
        break;
      case 'U':
        code_point(8);
        break;
      case 'N':
        error = "\\N{...} in a string is not supported";
        break;
      default: {
        uint32_t octal = 0;
        size_t n = 0;
        while (n < 3 && i + n < text.size() && text[i + n] >= '0' && text[i + n] <= '7')
          octal = octal * 8 + static_cast<uint32_t>(text[i + n++] - '0');
        if (n > 0) {
          append_utf8(result, octal);
          i += n - 1;
        } else {
          result += '\\';  // an unknown escape stays as it is
          result += text[i];
        }
      }
    }
    if (!error.empty()) return result;
  }
  return result;
}

}  // namespace fp8bench::jinja
