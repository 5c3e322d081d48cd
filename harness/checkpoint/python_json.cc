#include "harness/checkpoint/python_json.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr int kMaxDepth = 500;  // Python's own limit is its recursion limit of 1000 frames

void append_utf8(std::string& out, uint32_t code) {
  const auto byte = [&](uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6)), byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3F)), byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18)), byte(0x80 | ((code >> 12) & 0x3F)), byte(0x80 | ((code >> 6) & 0x3F)),
        byte(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  PyJson document() {
    PyJson value = parse_value(0);
    skip_space();
    if (at_ != text_.size()) fail("end of text");
    return value;
  }

 private:
  [[noreturn]] void fail(const char* expected) const {
    const std::string found =
        at_ < text_.size() ? fmt::format("byte 0x{:02x}", static_cast<unsigned char>(text_[at_])) : "the end";
    throw InputError(fmt::format("{}: JSON error at byte {}: expected {}, found {}", where_, at_, expected, found));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool take(std::string_view literal) {
    if (text_.substr(at_, literal.size()) != literal) return false;
    at_ += literal.size();
    return true;
  }

  PyJson parse_value(int depth) {
    if (depth > kMaxDepth) fail("fewer nested arrays and objects");
    skip_space();
    if (peek() == '{') return parse_object(depth);
    if (peek() == '[') return parse_array(depth);
    if (peek() == '"') return PyJson::string(parse_string());
    if (take("null")) return PyJson::null();
    if (take("true")) return PyJson::boolean(true);
    if (take("false")) return PyJson::boolean(false);
    for (const char* name : {"NaN", "Infinity", "-Infinity"})
      if (take(name)) return number(name);
    return parse_number();
  }

  static PyJson number(std::string text) {
    PyJson value;
    value.kind = PyJson::Kind::kNumber;
    value.text = std::move(text);
    return value;
  }

  size_t take_digits() {
    const size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - begin;
  }

  PyJson parse_number() {
    const size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (take_digits() == 0) {
      fail("a value");
    }
    bool is_float = false;
    if (peek() == '.') {
      ++at_, is_float = true;
      if (take_digits() == 0) fail("a digit");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_, is_float = true;
      if (peek() == '+' || peek() == '-') ++at_;
      if (take_digits() == 0) fail("a digit");
    }
    std::string text(text_.substr(begin, at_ - begin));
    if (!is_float) return number(text == "-0" ? "0" : text);  // int("-0") is 0
    // strtod, not from_chars: out of range must become infinity or the nearest subnormal, as float() does.
    return number(python_float_repr(std::strtod(text.c_str(), nullptr)));
  }

  uint32_t parse_hex4() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail("a hexadecimal digit");
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    return code;
  }

  void parse_escape(std::string& out) {
    const char c = peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out += c;
        return;
      case 'b':
        out += '\b';
        return;
      case 'f':
        out += '\f';
        return;
      case 'n':
        out += '\n';
        return;
      case 'r':
        out += '\r';
        return;
      case 't':
        out += '\t';
        return;
      case 'u':
        break;
      default:
        --at_, fail("an escape character");
    }
    uint32_t code = parse_hex4();
    const size_t after = at_;
    if (code >= 0xD800 && code < 0xDC00 && take("\\u")) {
      const uint32_t low = parse_hex4();
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = after;  // a lone surrogate, kept as Python keeps it
      }
    }
    append_utf8(out, code);
  }

  std::string parse_string() {
    ++at_;
    std::string out;
    while (true) {
      if (at_ >= text_.size()) fail("a closing quote");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return ++at_, out;
      if (c < 0x20) fail("no control character inside a string");
      if (c == '\\') {
        ++at_, parse_escape(out);
      } else if (c < 0x80) {
        out += text_[at_++];
      } else {
        take_utf8(out);
      }
    }
  }

  // One multi-byte character, as strict as Python's decoder: no overlong forms, no surrogates, nothing above U+10FFFF.
  void take_utf8(std::string& out) {
    const auto lead = static_cast<unsigned char>(text_[at_]);
    const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at_ + size > text_.size()) fail("UTF-8");
    uint32_t code = lead & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
      const auto next = static_cast<unsigned char>(text_[at_ + i]);
      if ((next & 0xC0u) != 0x80) fail("UTF-8");
      code = (code << 6) | (next & 0x3Fu);
    }
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    if (overlong || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) fail("UTF-8");
    out += text_.substr(at_, size);
    at_ += size;
  }

  PyJson parse_array(int depth) {
    PyJson value = PyJson::array();
    ++at_, skip_space();
    if (take("]")) return value;
    while (true) {
      value.items.push_back(parse_value(depth + 1));
      skip_space();
      if (take("]")) return value;
      if (!take(",")) fail("',' or ']'");
    }
  }

  PyJson parse_object(int depth) {
    PyJson value = PyJson::object();
    ++at_, skip_space();
    if (take("}")) return value;
    while (true) {
      skip_space();
      if (peek() != '"') fail("a key");
      std::string key = parse_string();
      skip_space();
      if (!take(":")) fail("':'");
      value.members[std::move(key)] = parse_value(depth + 1);
      skip_space();
      if (take("}")) return value;
      if (!take(",")) fail("',' or '}'");
    }
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

}  // namespace

PyJson parse_python_json(std::string_view text, const std::string& where) { return Parser(text, where).document(); }

}  // namespace fp8bench
