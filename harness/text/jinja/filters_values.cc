// Filters on single values: defaults, numbers, JSON, and % formatting.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {
namespace {

Value default_filter(Machine&, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("default", {"default_value", "boolean"});
  const bool boolean = bound[1] != nullptr && truthy(*bound[1]);
  if (!value.is_undefined() && !(boolean && !truthy(value))) return value;
  return bound[0] != nullptr ? *bound[0] : Value::text("");
}

std::optional<int64_t> truncated(double real) {
  if (!(std::abs(real) < 9.2e18)) {
    if (std::isfinite(real)) throw Fault("an integer needs more than 64 bits");
    return std::nullopt;
  }
  return static_cast<int64_t>(real);
}

Value int_filter(Machine&, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("int", {"default", "base"});
  const Value fallback = bound[0] != nullptr ? *bound[0] : Value::integer(0);
  const int64_t base = bound[1] != nullptr ? require_int(*bound[1], "base") : 10;
  if (value.is_undefined()) fail_undefined(value);
  if (const auto integer = value.as_int()) return Value::integer(*integer);
  if (const double* real = value.get<double>()) {
    if (std::isinf(*real)) throw Fault("cannot convert float infinity to integer");
    const auto integer = truncated(*real);
    return integer ? Value::integer(*integer) : fallback;
  }
  if (!value.is_text()) return fallback;
  if (base != 0 && (base < 2 || base > 36)) return fallback;
  if (const auto integer = parse_int(value.utf8(), static_cast<int>(base))) return Value::integer(*integer);
  const auto real = parse_float(value.utf8());
  const auto integer = real ? truncated(*real) : std::nullopt;
  return integer ? Value::integer(*integer) : fallback;
}

Value float_filter(Machine&, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("float", {"default"});
  if (value.is_undefined()) fail_undefined(value);
  if (const auto number = value.as_number()) return Value::number(*number);
  if (value.is_text())
    if (const auto real = parse_float(value.utf8())) return Value::number(*real);
  return bound[0] != nullptr ? *bound[0] : Value::number(0.0);
}

Value abs_filter(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("abs", 0, 0);
  if (const auto integer = value.as_int()) return *integer < 0 ? negate(value) : Value::integer(*integer);
  if (const double* real = value.get<double>()) return Value::number(std::abs(*real));
  throw Fault(fmt::format("bad operand type for abs(): '{}'", type_name(value)));
}

// round() of Python is correctly rounded on the decimal expansion, half to even; so is printf.
double round_to(double value, int64_t digits) {
  if (!std::isfinite(value) || digits > 300) return value;
  if (digits < 0) throw Fault("rounding to a negative precision is not supported");
  return *parse_float(fmt::format("{:.{}f}", value, digits));
}

Value round_filter(Machine&, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("round", {"precision", "method"});
  const int64_t precision = bound[0] != nullptr ? require_int(*bound[0], "precision") : 0;
  const std::string method = bound[1] != nullptr ? require_text(*bound[1], "method") : "common";
  if (method != "common" && method != "ceil" && method != "floor") throw Fault("method must be common, ceil or floor");
  if (!value.as_number()) throw Fault(fmt::format("cannot round a value of type {}", type_name(value)));
  if (method == "common") {
    if (value.as_int() && precision >= 0) return Value::integer(*value.as_int());
    return Value::number(round_to(*value.as_number(), precision));
  }
  if (precision < 0 || precision > 18) throw Fault("rounding to this precision is not supported");
  int64_t scale = 1;
  for (int64_t i = 0; i < precision; ++i) scale *= 10;
  const double scaled = *value.as_number() * static_cast<double>(scale);
  if (!(std::abs(scaled) < 0x1p53)) throw Fault("rounding a number of this size is not supported");
  return Value::number((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / static_cast<double>(scale));
}

// transformers' tojson: json.dumps(value, ensure_ascii, indent, separators, sort_keys), in this order of arguments.
Value tojson(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  const auto given = [&](size_t i) { return bound[i] != nullptr && !bound[i]->is_none(); };
  JsonStyle style;
  style.ascii_only = bound[0] != nullptr && truthy(*bound[0]);
  if (given(1)) {
    const auto width = bound[1]->as_int();
    style.indent = width ? std::string(static_cast<size_t>(std::clamp<int64_t>(*width, 0, 1 << 16)), ' ')
                         : require_text(*bound[1], "indent");
    style.item_separator = std::string(1, ',');
  }
  if (given(2)) {
    const Items separators = iterate(*bound[2]);
    if (separators.size() != 2) throw Fault("tojson: separators must be two strings");
    style.item_separator = require_text(separators[0], "a separator");
    style.key_separator = require_text(separators[1], "a separator");
  }
  style.sort_keys = bound[3] != nullptr && truthy(*bound[3]);
  return Value::text(to_json(machine, value, style));
}

Value attr(Machine& machine, const Value& value, const Arguments& arguments) {
  const std::string& name = require_text(*arguments.bind("attr", {"name"}, 1)[0], "the name of the attribute");
  if (value.is_undefined()) fail_undefined(value);
  // |attr looks only at attributes, never at keys.
  if (const Dict* dict = value.as_dict(); dict != nullptr && dict->find(name) != nullptr)
    return attribute(machine, Value::dict(Dict{}), name);
  return attribute(machine, value, name);
}

}  // namespace

std::string format_percent(Machine& machine, const std::string& format, const Value& values) {
  const Items arguments = values.as_tuple() != nullptr ? values.as_tuple()->items : Items{values};
  std::string result;
  size_t used = 0;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      result += format[i];
      continue;
    }
    const size_t begin = i++;
    while (i < format.size() && std::string_view("-+ 0#").find(format[i]) != std::string_view::npos) ++i;
    while (i < format.size() && ((format[i] >= '0' && format[i] <= '9') || format[i] == '.')) ++i;
    if (i >= format.size()) throw Fault("incomplete format");
    std::string flags = format.substr(begin, i - begin);
    if (format[i] == '%' && flags == "%") {
      result += '%';
      continue;
    }
    if (flags.size() > 8) throw Fault("a width or precision in a % format that is too large");
    if (used >= arguments.size()) throw Fault("not enough arguments for format string");
    const Value& value = arguments[used++];
    char buffer[512];
    int written = 0;
    switch (format[i]) {
      case 's':
      case 'r': {
        if (flags != "%") throw Fault("flags of %s are not supported");
        result += format[i] == 's' ? to_text(machine, value) : to_repr(machine, value);
        continue;
      }
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X': {
        const bool decimal = format[i] != 'x' && format[i] != 'X';
        if (!value.as_number() || (!decimal && !value.as_int()))
          throw Fault(fmt::format("%{} format: a number is required, not {}", format[i], type_name(value)));
        const auto integer = value.as_int() ? value.as_int() : truncated(*value.as_number());
        if (!integer || (!decimal && *integer < 0)) throw Fault("a number that this % format does not take");
        written = std::snprintf(buffer, sizeof(buffer), fmt::format("{}l{}", flags, decimal ? 'd' : format[i]).c_str(),
                                static_cast<long>(*integer));
        break;
      }
      case 'f':
      case 'F':
      case 'e':
      case 'E':
      case 'g':
      case 'G':
        if (!value.as_number()) throw Fault(fmt::format("must be real number, not {}", type_name(value)));
        written =
            std::snprintf(buffer, sizeof(buffer), fmt::format("{}{}", flags, format[i]).c_str(), *value.as_number());
        break;
      default:
        throw Fault(fmt::format("the format %{} is not supported", format[i]));
    }
    if (written < 0 || written >= static_cast<int>(sizeof(buffer))) throw Fault("a formatted number is too long");
    result.append(buffer, static_cast<size_t>(written));
  }
  // A dict, or nothing, may go unused.
  if (used < arguments.size() &&
      (values.as_tuple() != nullptr || (values.as_dict() == nullptr && values.as_list() == nullptr)))
    throw Fault("not all arguments converted during string formatting");
  machine.charge(result.size());
  return result;
}

const std::vector<NamedFunction>& value_filters() {
  static const std::vector<NamedFunction> kFilters = {
      {"default", default_filter}, {"d", default_filter},   {"int", int_filter}, {"float", float_filter},
      {"abs", abs_filter},         {"round", round_filter}, {"tojson", tojson},  {"attr", attr},
  };
  return kFilters;
}

}  // namespace fp8bench::jinja
