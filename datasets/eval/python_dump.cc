#include "datasets/eval/python_dump.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "datasets/eval/python_text.h"

namespace fp8bench {
namespace {

using Json = nlohmann::ordered_json;

void append_json_string(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_json(std::string& out, const Json& value, int indent, int depth) {
  if (value.is_string()) return append_json_string(out, value.get_ref<const std::string&>());
  if (value.is_number_float()) {
    const double number = value.get<double>();
    out += std::isnan(number)   ? "NaN"
           : std::isinf(number) ? (number > 0 ? "Infinity" : "-Infinity")
                                : python_float_text(number);
    return;
  }
  if (!value.is_structured()) {
    out += value.dump();
    return;
  }
  if (value.empty()) {
    out += value.is_object() ? "{}" : "[]";
    return;
  }
  const auto new_line = [&](int level) {
    if (indent >= 0) out += fmt::format("\n{:{}}", "", indent * level);
  };
  out += value.is_object() ? '{' : '[';
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += indent >= 0 ? "," : ", ";
    first = false;
    new_line(depth + 1);
    if (value.is_object()) append_json_string(out, item.key()), out += ": ";
    append_json(out, item.value(), indent, depth + 1);
  }
  new_line(depth);
  out += value.is_object() ? '}' : ']';
}

// repr() of a str: single quotes unless the text has only single ones. Characters that are not printable are escaped
// below U+00A0 only; no target that is a list holds others.
void append_repr(std::string& out, const std::string& text) {
  const bool twice = text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
  const char quote = twice ? '"' : '\'';
  out += quote;
  for (const char32_t code : to_code_points(text)) {
    if (code == static_cast<char32_t>(quote) || code == U'\\') {
      out += '\\', out += static_cast<char>(code);
    } else if (code == U'\n' || code == U'\r' || code == U'\t') {
      out += code == U'\n' ? "\\n" : code == U'\r' ? "\\r" : "\\t";
    } else if (code < 0x20 || (code >= 0x7F && code < 0xA1)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
    } else {
      out += to_utf8(std::u32string_view(&code, 1));
    }
  }
  out += quote;
}

void append_python(std::string& out, const Json& value) {
  if (value.is_string()) return append_repr(out, value.get_ref<const std::string&>());
  if (value.is_null()) {
    out += "None";
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? "True" : "False";
  } else if (value.is_number_float()) {
    out += python_float_text(value.get<double>());
  } else if (!value.is_structured()) {
    out += value.dump();
  } else {
    out += value.is_object() ? '{' : '[';
    bool first = true;
    for (const auto& item : value.items()) {
      if (!first) out += ", ";
      first = false;
      if (value.is_object()) append_repr(out, item.key()), out += ": ";
      append_python(out, item.value());
    }
    out += value.is_object() ? '}' : ']';
  }
}

}  // namespace

std::string python_dumps(const Json& value, int indent) {
  std::string out;
  append_json(out, value, indent, 0);
  return out;
}

std::string python_str(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string out;
  append_python(out, value);
  return out;
}

std::string python_float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[40];  // the shortest digits that read back, as [-]d.ddde[+-]XX
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const std::string_view sign = text.front() == '-' ? "-" : "";
  text.remove_prefix(sign.size());
  const size_t e = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  const int count = static_cast<int>(digits.size());
  const std::string_view all = digits;
  if (exponent < -4 || exponent >= 16)  // repr switches to an exponent outside [1e-4, 1e16)
    return fmt::format("{}{}{}{}e{}{:02d}", sign, all.substr(0, 1), count > 1 ? "." : "", all.substr(1),
                       exponent < 0 ? '-' : '+', std::abs(exponent));
  if (exponent < 0) return fmt::format("{}0.{:0>{}}", sign, digits, count - exponent - 1);
  if (count <= exponent + 1) return fmt::format("{}{:0<{}}.0", sign, digits, exponent + 1);
  const auto whole = static_cast<size_t>(exponent + 1);
  return fmt::format("{}{}.{}", sign, all.substr(0, whole), all.substr(whole));
}

}  // namespace fp8bench
