#include "datasets/bfcl/py_literals.h"

#include <unicode/uchar.h>

#include <cstdlib>
#include <string>

#include "datasets/bfcl/py_lexer.h"

namespace fp8bench::python {
namespace {

constexpr size_t kMaxDigits = 4300;  // of an int in decimal: Python's own limit

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 99;
}

// Digits with single underscores between them. required: at least one digit.
std::string digits(std::string_view source, size_t& at, int base, bool required) {
  std::string found;
  while (at < source.size()) {
    if (digit_value(source[at]) < base) {
      found += source[at++];
    } else if (source[at] == '_' && !found.empty() && at + 1 < source.size() && digit_value(source[at + 1]) < base) {
      ++at;
    } else {
      break;
    }
  }
  if (required && found.empty()) throw SyntaxError("digits expected");
  return found;
}

std::string to_decimal(std::string_view number, int base) {
  if (number.size() > kMaxDigits) throw SyntaxError("a number of too many digits");
  std::string decimal = "0";  // lowest digit first
  for (const char c : number) {
    int carry = digit_value(c);
    for (char& d : decimal) {
      carry += (d - '0') * base;
      d = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) decimal += static_cast<char>('0' + carry % 10);
  }
  return {decimal.rbegin(), decimal.rend()};
}

Value other_base(std::string_view source, size_t& at, int base) {
  at += 2;
  if (at < source.size() && source[at] == '_') ++at;
  const std::string number = digits(source, at, base, true);
  if (at < source.size() && is_digit(source[at])) throw SyntaxError("invalid digit");
  return Value::of_int(to_decimal(number, base));
}

// Code points up to U+10FFFF, surrogates too (a str may have them).
void append_code_point(std::string& out, uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

uint32_t hex(std::string_view source, size_t& at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i, ++at) {
    if (at >= source.size() || digit_value(source[at]) > 15) throw SyntaxError("truncated escape");
    value = value * 16 + static_cast<uint32_t>(digit_value(source[at]));
  }
  if (value > 0x10FFFF) throw SyntaxError("illegal Unicode character");
  return value;
}

uint32_t named_character(std::string_view source, size_t& at) {
  const size_t end = source.find('}', at);
  if (at >= source.size() || source[at] != '{' || end == std::string_view::npos) throw SyntaxError("malformed \\N");
  const std::string name(source.substr(at + 1, end - at - 1));
  at = end + 1;
  for (const UCharNameChoice kind : {U_UNICODE_CHAR_NAME, U_CHAR_NAME_ALIAS}) {
    UErrorCode status = U_ZERO_ERROR;
    const UChar32 c = u_charFromName(kind, name.c_str(), &status);
    if (U_SUCCESS(status)) return static_cast<uint32_t>(c);
  }
  throw SyntaxError("unknown character name");
}

// What a backslash begins; at is behind it.
void escape(std::string_view source, size_t& at, bool bytes, std::string& out) {
  const char c = source[at++];
  const auto put = [&](uint32_t value) {
    bytes ? void(out += static_cast<char>(value)) : append_code_point(out, value);
  };
  constexpr std::string_view kFrom = "\\'\"abfnrtv", kTo = "\\'\"\a\b\f\n\r\t\v";
  if (c == '\n') return;
  if (const size_t simple = kFrom.find(c); simple != std::string_view::npos) {
    out += kTo[simple];
  } else if (c >= '0' && c <= '7') {
    uint32_t value = static_cast<uint32_t>(c - '0');
    for (int i = 0; i < 2 && at < source.size() && source[at] >= '0' && source[at] <= '7'; ++i)
      value = value * 8 + static_cast<uint32_t>(source[at++] - '0');
    put(bytes ? value & 0xFF : value);
  } else if (c == 'x') {
    put(hex(source, at, 2));
  } else if (!bytes && c == 'u') {
    put(hex(source, at, 4));
  } else if (!bytes && c == 'U') {
    put(hex(source, at, 8));
  } else if (!bytes && c == 'N') {
    put(named_character(source, at));
  } else {
    out += '\\';  // no escape: the backslash stays
    out += c;
  }
}

}  // namespace

bool is_text_prefix(std::string_view word) {
  if (word.empty() || word.size() > 2) return false;
  std::string low;
  for (const char c : word) low += static_cast<char>(c | 0x20);
  for (const std::string_view known : {"r", "b", "u", "f", "br", "rb", "fr", "rf"})
    if (low == known) return true;
  return false;
}

Value read_number(std::string_view source, size_t& at) {
  const auto peek = [&](size_t ahead = 0) { return at + ahead < source.size() ? source[at + ahead] : '\0'; };
  if (peek() == '0') {
    const char kind = static_cast<char>(peek(1) | 0x20);
    if (kind == 'x') return other_base(source, at, 16);
    if (kind == 'o') return other_base(source, at, 8);
    if (kind == 'b') return other_base(source, at, 2);
  }
  std::string text = digits(source, at, 10, false);
  bool whole = true;
  if (peek() == '.') {
    whole = false;
    ++at;
    text += '.';
    if (is_digit(peek())) text += digits(source, at, 10, true);
  }
  const bool exponent = (peek() == 'e' || peek() == 'E') &&
                        (is_digit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && is_digit(peek(2))));
  if (exponent) {
    whole = false;
    text += 'e';
    ++at;
    if (!is_digit(peek())) text += source[at++];
    text += digits(source, at, 10, true);
  }
  if (peek() == 'j' || peek() == 'J') {
    ++at;
    Value value;
    value.type = Value::Type::kComplex;
    value.imaginary = std::strtod(text.c_str(), nullptr);
    return value;
  }
  if (!whole) return Value::of_float(std::strtod(text.c_str(), nullptr));
  if (text.size() > 1 && text.front() == '0' && text.find_first_not_of('0') != std::string::npos)
    throw SyntaxError("leading zeros");
  if (text.size() > kMaxDigits) throw SyntaxError("a number of too many digits");
  return Value::of_int(text);
}

Value read_text(std::string_view source, size_t& at, std::string_view prefix, bool& formatted) {
  bool raw = false, bytes = false;
  for (const char c : prefix) {
    raw = raw || (c | 0x20) == 'r';
    bytes = bytes || (c | 0x20) == 'b';
    formatted = formatted || (c | 0x20) == 'f';
  }
  const char quote = source[at];
  const bool triple = source.substr(at, 3) == std::string(3, quote);
  const std::string close(triple ? 3 : 1, quote);
  at += close.size();
  Value value = Value::of_string({});
  if (bytes) value.type = Value::Type::kBytes;
  while (source.substr(at, close.size()) != close) {
    if (at >= source.size() || (!triple && source[at] == '\n')) throw SyntaxError("unterminated string");
    if (bytes && static_cast<unsigned char>(source[at]) >= 0x80) throw SyntaxError("bytes are ASCII");
    if (source[at] != '\\') {
      value.text += source[at++];
      continue;
    }
    ++at;
    if (at >= source.size()) throw SyntaxError("unterminated string");
    if (bytes && static_cast<unsigned char>(source[at]) >= 0x80) throw SyntaxError("bytes are ASCII");
    if (raw || formatted) {
      value.text += '\\';
      value.text += source[at++];
    } else {
      escape(source, at, bytes, value.text);
    }
  }
  at += close.size();
  return value;
}

}  // namespace fp8bench::python
