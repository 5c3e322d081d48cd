#include "datasets/bfcl/py_value.h"

#include <fmt/core.h>
#include <unicode/uchar.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "datasets/ifeval/python_text.h"

namespace fp8bench::python {
namespace {

using Type = Value::Type;

bool is_number(const Value& v) { return v.is(Type::kBool) || v.is(Type::kInt) || v.is(Type::kFloat); }

std::string whole_digits(const Value& v) { return v.is(Type::kBool) ? (v.boolean ? "1" : "0") : v.text; }

// An int and a float are equal if the float is that very whole number.
bool equal_numbers(const Value& a, const Value& b) {
  if (a.is(Type::kFloat) && b.is(Type::kFloat)) return a.real == b.real;
  if (!a.is(Type::kFloat) && !b.is(Type::kFloat)) return whole_digits(a) == whole_digits(b);
  const double real = a.is(Type::kFloat) ? a.real : b.real;
  if (!std::isfinite(real) || real != std::floor(real)) return false;
  return fmt::format("{:.0f}", real == 0 ? 0.0 : real) == whole_digits(a.is(Type::kFloat) ? b : a);
}

bool equal_entries(const Value& a, const Value& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* other = b.find(key);
    if (other == nullptr || *other != value) return false;
  }
  return true;
}

std::string repr_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string scientific(buffer, end);
  const size_t e = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + e + 1);
  if (exponent < -4 || exponent >= 16) return scientific;
  const auto stop = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string fixed(buffer, stop);
  return fixed.find('.') == std::string::npos ? fmt::format("{}.0", fixed) : fixed;
}

bool is_printable(char32_t c) {
  constexpr uint32_t kNot = U_GC_C_MASK | U_GC_Z_MASK;
  return c == ' ' || (U_GET_GC_MASK(static_cast<UChar32>(c)) & kNot) == 0;
}

std::string repr_string(std::string_view text, bool bytes) {
  const bool twice = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = twice ? '"' : '\'';
  std::string out = bytes ? "b" : "";
  out += quote;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = bytes ? static_cast<unsigned char>(text[at++]) : next_character(text, at);
    if (c == static_cast<char32_t>(quote) || c == '\\')
      out += fmt::format("\\{}", static_cast<char>(c));
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (bytes ? c >= 0x20 && c < 0x7F : is_printable(c))
      out.append(text, begin, at - begin);
    else if (c < 0x100)
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(c));
    else if (c < 0x10000)
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    else
      out += fmt::format("\\U{:08x}", static_cast<uint32_t>(c));
  }
  out += quote;
  return out;
}

std::string repr_part(double value) {  // of a complex number: without ".0"
  std::string text = repr_float(value);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
  return text;
}

std::string repr_complex(const Value& v) {
  if (v.real == 0 && !std::signbit(v.real)) return fmt::format("{}j", repr_part(v.imaginary));
  const std::string imaginary = repr_part(v.imaginary);
  return fmt::format("({}{}{}j)", repr_part(v.real), imaginary.front() == '-' ? "" : "+", imaginary);
}

}  // namespace

Value Value::of_bool(bool value) {
  Value v;
  v.type = Type::kBool;
  v.boolean = value;
  return v;
}

Value Value::of_int(std::string_view digits) {
  Value v;
  v.type = Type::kInt;
  const bool minus = !digits.empty() && digits.front() == '-';
  if (minus) digits.remove_prefix(1);
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  v.text = fmt::format("{}{}", minus && digits != "0" ? "-" : "", digits);
  return v;
}

Value Value::of_float(double value) {
  Value v;
  v.type = Type::kFloat;
  v.real = value;
  return v;
}

Value Value::of_string(std::string text) {
  Value v;
  v.type = Type::kString;
  v.text = std::move(text);
  return v;
}

Value Value::of_list(std::vector<Value> items) {
  Value v;
  v.type = Type::kList;
  v.items = std::move(items);
  return v;
}

Value Value::of_dict() {
  Value v;
  v.type = Type::kDict;
  return v;
}

const Value* Value::find(const Value& key) const {
  for (const auto& [own, value] : entries)
    if (own == key) return &value;
  return nullptr;
}

const Value* Value::find(std::string_view key) const {
  for (const auto& [own, value] : entries)
    if (own.is(Type::kString) && own.text == key) return &value;
  return nullptr;
}

void Value::set(Value key, Value value) {
  for (auto& [own, old] : entries) {
    if (own != key) continue;
    old = std::move(value);
    return;
  }
  entries.emplace_back(std::move(key), std::move(value));
}

bool operator==(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return equal_numbers(a, b);
  if (a.is(Type::kComplex) && is_number(b)) return a.imaginary == 0 && equal_numbers(Value::of_float(a.real), b);
  if (b.is(Type::kComplex) && is_number(a)) return b == a;
  if (a.type != b.type) return false;
  switch (a.type) {
    case Type::kComplex:
      return a.real == b.real && a.imaginary == b.imaginary;
    case Type::kString:
    case Type::kBytes:
      return a.text == b.text;
    case Type::kList:
    case Type::kTuple:
      return a.items == b.items;
    case Type::kDict:
      return equal_entries(a, b);
    default:
      return true;  // None
  }
}

bool is_hashable(const Value& value) {
  if (value.is(Type::kList) || value.is(Type::kDict)) return false;
  for (const Value& item : value.items)
    if (!is_hashable(item)) return false;
  return true;
}

Value from_json(const nlohmann::ordered_json& json) {
  if (json.is_boolean()) return Value::of_bool(json.get<bool>());
  if (json.is_number_integer()) return Value::of_int(json.dump());
  if (json.is_number_float()) return Value::of_float(json.get<double>());
  if (json.is_string()) return Value::of_string(json.get<std::string>());
  if (json.is_array()) {
    Value list = Value::of_list({});
    for (const auto& item : json) list.items.push_back(from_json(item));
    return list;
  }
  if (json.is_object()) {
    Value dict = Value::of_dict();
    for (const auto& [key, value] : json.items()) dict.entries.emplace_back(Value::of_string(key), from_json(value));
    return dict;
  }
  return {};
}

nlohmann::ordered_json to_json(const Value& value) {
  switch (value.type) {
    case Type::kNone:
      return nullptr;
    case Type::kBool:
      return value.boolean;
    case Type::kInt: {
      auto parsed = nlohmann::ordered_json::parse(value.text, nullptr, false);
      return parsed.is_number_integer() ? parsed : nlohmann::ordered_json(value.text);
    }
    case Type::kFloat:
      return value.real;
    case Type::kString:
      return valid_utf8(value.text);
    case Type::kList:
    case Type::kTuple: {
      auto list = nlohmann::ordered_json::array();
      for (const Value& item : value.items) list.push_back(to_json(item));
      return list;
    }
    case Type::kDict: {
      auto object = nlohmann::ordered_json::object();
      for (const auto& [key, item] : value.entries)
        object[key.is(Type::kString) ? valid_utf8(key.text) : repr(key)] = to_json(item);
      return object;
    }
    default:
      return repr(value);
  }
}

double to_double(const Value& number) {
  if (number.is(Type::kFloat)) return number.real;
  return std::strtod(whole_digits(number).c_str(), nullptr);
}

std::string repr(const Value& value) {
  const auto joined = [&](std::string_view open, std::string_view close) {
    std::string out(open);
    for (size_t i = 0; i < value.items.size(); ++i)
      out += fmt::format("{}{}", i == 0 ? "" : ", ", repr(value.items[i]));
    return fmt::format("{}{}", out, close);
  };
  switch (value.type) {
    case Type::kNone:
      return "None";
    case Type::kBool:
      return value.boolean ? "True" : "False";
    case Type::kInt:
      return value.text;
    case Type::kFloat:
      return repr_float(value.real);
    case Type::kComplex:
      return repr_complex(value);
    case Type::kString:
      return repr_string(value.text, false);
    case Type::kBytes:
      return repr_string(value.text, true);
    case Type::kList:
      return joined("[", "]");
    case Type::kTuple:
      return joined("(", value.items.size() == 1 ? ",)" : ")");
    case Type::kDict:
      break;
  }
  std::string out = "{";
  for (const auto& [key, item] : value.entries)
    out += fmt::format("{}{}: {}", out.size() > 1 ? ", " : "", repr(key), repr(item));
  return fmt::format("{}{}", out, "}");
}

}  // namespace fp8bench::python
