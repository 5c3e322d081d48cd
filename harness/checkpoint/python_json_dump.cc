// The writing half of python_json.h.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "harness/checkpoint/python_json.h"

namespace fp8bench {
namespace {

// Decodes one character of text that the parser (or a constructor's caller) made: UTF-8 that may hold lone surrogates.
uint32_t next_code_point(const std::string& text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint32_t code = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size && at + i < text.size(); ++i)
    code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  at += size;
  return code;
}

void append_string(std::string& out, const std::string& text) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const uint32_t code = next_code_point(text, at);
    switch (code) {
      case '"':
        out += "\\\"";
        continue;
      case '\\':
        out += "\\\\";
        continue;
      case '\n':
        out += "\\n";
        continue;
      case '\r':
        out += "\\r";
        continue;
      case '\t':
        out += "\\t";
        continue;
      case '\f':
        out += "\\f";
        continue;
      case '\b':
        out += "\\b";
        continue;
      default:
        break;
    }
    if (code >= 0x20 && code < 0x7F) {
      out += static_cast<char>(code);
    } else if (code < 0x10000) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10),
                     0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  out += '"';
}

void append_value(std::string& out, const PyJson& value, size_t indent);

void append_members(std::string& out, const PyJson& value, size_t indent) {
  const bool object = value.is_object();
  if (object ? value.members.empty() : value.items.empty()) {
    out += object ? "{}" : "[]";
    return;
  }
  const std::string line = fmt::format("\n{:{}}", "", indent + 2);
  const char* separator = object ? "{" : "[";
  const auto start = [&] { out += separator, out += line, separator = ","; };
  for (const auto& [key, member] : value.members) {
    start();
    append_string(out, key);
    out += ": ";
    append_value(out, member, indent + 2);
  }
  for (const PyJson& item : value.items) start(), append_value(out, item, indent + 2);
  fmt::format_to(std::back_inserter(out), "\n{:{}}{}", "", indent, object ? '}' : ']');
}

void append_value(std::string& out, const PyJson& value, size_t indent) {
  switch (value.kind) {
    case PyJson::Kind::kNull:
      out += "null";
      break;
    case PyJson::Kind::kTrue:
      out += "true";
      break;
    case PyJson::Kind::kFalse:
      out += "false";
      break;
    case PyJson::Kind::kNumber:
      out += value.text;
      break;
    case PyJson::Kind::kString:
      append_string(out, value.text);
      break;
    case PyJson::Kind::kArray:
    case PyJson::Kind::kObject:
      append_members(out, value, indent);
      break;
  }
}

}  // namespace

PyJson PyJson::boolean(bool value) {
  PyJson json;
  json.kind = value ? Kind::kTrue : Kind::kFalse;
  return json;
}

PyJson PyJson::integer(int64_t value) {
  PyJson json;
  json.kind = Kind::kNumber;
  json.text = fmt::format("{}", value);
  return json;
}

PyJson PyJson::string(std::string value) {
  PyJson json;
  json.kind = Kind::kString;
  json.text = std::move(value);
  return json;
}

PyJson PyJson::array(std::vector<PyJson> values) {
  PyJson json;
  json.kind = Kind::kArray;
  json.items = std::move(values);
  return json;
}

PyJson PyJson::strings(const std::vector<std::string>& values) {
  PyJson json = array();
  for (const std::string& value : values) json.items.push_back(string(value));
  return json;
}

PyJson PyJson::object(std::map<std::string, PyJson> values) {
  PyJson json;
  json.kind = Kind::kObject;
  json.members = std::move(values);
  return json;
}

const PyJson* PyJson::find(const std::string& key) const {
  const auto found = members.find(key);
  return found == members.end() ? nullptr : &found->second;
}

std::string dump_python_json(const PyJson& value) {
  std::string out;
  append_value(out, value, 0);
  return out;
}

std::string python_float_repr(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  // The shortest digits that read back, as d.ddde[+-]XX.
  char buffer[40];
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const size_t e = text.find('e');
  const int exponent = std::stoi(std::string(text.substr(e + 1)));
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  const char* sign = negative ? "-" : "";
  const int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {  // repr switches to an exponent outside [1e-4, 1e16)
    const std::string_view first = std::string_view(digits).substr(0, 1), rest = std::string_view(digits).substr(1);
    return fmt::format("{}{}{}{}e{}{:02d}", sign, first, count > 1 ? "." : "", rest, exponent < 0 ? '-' : '+',
                       std::abs(exponent));
  }
  if (exponent < 0) return fmt::format("{}0.{:0>{}}", sign, digits, count - exponent - 1);
  if (count <= exponent + 1) return fmt::format("{}{:0<{}}.0", sign, digits, exponent + 1);
  const auto whole = static_cast<size_t>(exponent + 1);
  return fmt::format("{}{}.{}", sign, std::string_view(digits).substr(0, whole),
                     std::string_view(digits).substr(whole));
}

}  // namespace fp8bench
