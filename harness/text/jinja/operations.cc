#include "harness/text/jinja/operations.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {
namespace {

const char* symbol(Operator operation) {
  switch (operation) {
    case Operator::kAdd:
      return "+";
    case Operator::kSubtract:
      return "-";
    case Operator::kMultiply:
      return "*";
    case Operator::kDivide:
      return "/";
    case Operator::kFloorDivide:
      return "//";
    case Operator::kModulo:
      return "%";
    case Operator::kPower:
      return "**";
    case Operator::kEqual:
      return "==";
    case Operator::kNotEqual:
      return "!=";
    case Operator::kLess:
      return "<";
    case Operator::kLessEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterEqual:
      return ">=";
    case Operator::kIn:
      return "in";
    case Operator::kNotIn:
      return "not in";
  }
  return "?";
}

[[noreturn]] void overflow() { throw Fault("an integer needs more than 64 bits"); }
int64_t add(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) overflow();
  return result;
}
int64_t subtract(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) overflow();
  return result;
}
int64_t multiply(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) overflow();
  return result;
}
int64_t power(int64_t base, int64_t exponent) {
  if (exponent == 0) return 1;
  if (base == 0 || base == 1) return base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  int64_t result = 1;
  for (int64_t i = 0; i < exponent; ++i) result = multiply(result, base);  // overflows after 63 at most
  return result;
}

Value integers(Operator operation, int64_t a, int64_t b) {
  switch (operation) {
    case Operator::kAdd:
      return Value::integer(add(a, b));
    case Operator::kSubtract:
      return Value::integer(subtract(a, b));
    case Operator::kMultiply:
      return Value::integer(multiply(a, b));
    case Operator::kDivide:
      if (b == 0) throw Fault("division by zero");
      // Python divides integers exactly and rounds once; doubles do the same while both are exact.
      if (std::abs(static_cast<double>(a)) > 0x1p53 || std::abs(static_cast<double>(b)) > 0x1p53)
        throw Fault("division of integers above 2**53 is not supported");
      return Value::number(static_cast<double>(a) / static_cast<double>(b));
    case Operator::kFloorDivide:
    case Operator::kModulo: {
      if (b == 0) throw Fault("integer division or modulo by zero");
      const bool modulo = operation == Operator::kModulo;
      if (b == -1) return Value::integer(modulo ? 0 : subtract(0, a));  // INT64_MIN / -1 traps
      const bool inexact = a % b != 0 && ((a < 0) != (b < 0));
      return Value::integer(modulo ? a % b + (inexact ? b : 0) : a / b - (inexact ? 1 : 0));
    }
    case Operator::kPower:
      if (b >= 0) return Value::integer(power(a, b));
      if (a == 0) throw Fault("0 cannot be raised to a negative power");
      return Value::number(std::pow(static_cast<double>(a), static_cast<double>(b)));
    default:
      throw Fault("not an arithmetic operator");
  }
}

Value reals(Operator operation, double a, double b) {
  switch (operation) {
    case Operator::kAdd:
      return Value::number(a + b);
    case Operator::kSubtract:
      return Value::number(a - b);
    case Operator::kMultiply:
      return Value::number(a * b);
    case Operator::kDivide:
      if (b == 0) throw Fault("float division by zero");
      return Value::number(a / b);
    case Operator::kFloorDivide:
    case Operator::kModulo: {
      if (b == 0) throw Fault("float floor division or modulo by zero");
      double rest = std::fmod(a, b);
      double quotient = (a - rest) / b;
      if (rest != 0 && (b < 0) != (rest < 0)) {
        rest += b;
        quotient -= 1;
      } else if (rest == 0) {
        rest = std::copysign(0.0, b);
      }
      if (operation == Operator::kModulo) return Value::number(rest);
      const double whole = quotient == 0 ? std::copysign(0.0, a / b) : std::floor(quotient);
      return Value::number(quotient - whole > 0.5 ? whole + 1 : whole);
    }
    case Operator::kPower: {
      if (a == 0 && b < 0) throw Fault("0.0 cannot be raised to a negative power");
      if (a < 0 && b != std::floor(b)) throw Fault("complex numbers are not supported");
      const double result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) throw Fault("the power is too large for a float");
      return Value::number(result);
    }
    default:
      throw Fault("not an arithmetic operator");
  }
}

Value repeated(Machine& machine, const Value& value, int64_t times) {
  times = std::max<int64_t>(times, 0);
  const auto n = static_cast<size_t>(times);
  if (value.is_text()) {
    const std::string& text = value.utf8();
    if (text.size() > 0 && n > (size_t{1} << 40) / text.size()) throw Fault("a repeated string is too long");
    machine.charge(text.size() * n);
    std::string result;
    result.reserve(text.size() * n);
    for (size_t i = 0; i < n && !text.empty(); ++i) result += text;
    return Value::text(std::move(result), value.is_markup());
  }
  const Items& items = value.as_sequence()->items;
  if (items.size() > 0 && n > (size_t{1} << 32) / items.size()) throw Fault("a repeated list is too long");
  machine.charge_items(items.size() * n);
  Items result;
  for (size_t i = 0; i < n && !items.empty(); ++i) result.insert(result.end(), items.begin(), items.end());
  return value.as_list() != nullptr ? Value::list(std::move(result)) : Value::tuple(std::move(result));
}

// Text that is marked safe escapes what is added to it; ~ does not, because autoescape is off.
Value joined_text(Machine& machine, const Value& a, const Value& b) {
  const bool markup = a.is_markup() || b.is_markup();
  const auto part = [&](const Value& text) {
    return markup && !text.is_markup() ? html_escape(text.utf8()) : text.utf8();
  };
  machine.charge(6 * (a.utf8().size() + b.utf8().size()) / (markup ? 1 : 6));
  return Value::text(part(a) + part(b), markup);
}

bool same_sequence(const Value& a, const Value& b) {
  return (a.as_list() != nullptr && b.as_list() != nullptr) || (a.as_tuple() != nullptr && b.as_tuple() != nullptr);
}

Value joined(Machine& machine, const Value& a, const Value& b) {
  Items items = a.as_sequence()->items;
  machine.charge_items(items.size() + b.as_sequence()->items.size());
  items.insert(items.end(), b.as_sequence()->items.begin(), b.as_sequence()->items.end());
  return a.as_list() != nullptr ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

}  // namespace

Value binary(Machine& machine, Operator operation, const Value& left, const Value& right) {
  const bool formats = operation == Operator::kModulo && left.is_text();
  if (left.is_undefined()) fail_undefined(left);
  if (right.is_undefined() && !formats) fail_undefined(right);
  if (formats) {
    if (left.is_markup()) throw Fault("% of text that is marked safe is not supported");
    return Value::text(format_percent(machine, left.utf8(), right));
  }
  if (const auto a = left.as_int(), b = right.as_int(); a && b) return integers(operation, *a, *b);
  if (const auto a = left.as_number(), b = right.as_number(); a && b) return reals(operation, *a, *b);
  if (operation == Operator::kAdd) {
    if (left.is_text() && right.is_text()) return joined_text(machine, left, right);
    if (same_sequence(left, right)) return joined(machine, left, right);
  }
  if (operation == Operator::kMultiply) {
    const auto repeats = [](const Value& v) { return v.is_text() || v.as_sequence() != nullptr; };
    if (repeats(left) && right.as_int()) return repeated(machine, left, *right.as_int());
    if (repeats(right) && left.as_int()) return repeated(machine, right, *left.as_int());
  }
  throw Fault(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", symbol(operation), type_name(left),
                          type_name(right)));
}

bool compared_by(Machine& machine, Operator operation, const Value& left, const Value& right) {
  machine.step(operation == Operator::kIn || operation == Operator::kNotIn
                   ? value_weight(right)
                   : std::min(value_weight(left), value_weight(right)));
  switch (operation) {
    case Operator::kEqual:
      return equal(left, right);
    case Operator::kNotEqual:
      return !equal(left, right);
    case Operator::kIn:
      return contains(right, left);
    case Operator::kNotIn:
      return !contains(right, left);
    default:
      break;
  }
  const int order = compare(left, right, symbol(operation));
  if (order == 2) return false;  // nan
  switch (operation) {
    case Operator::kLess:
      return order < 0;
    case Operator::kLessEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

Value negate(const Value& value) {
  if (value.is_undefined()) fail_undefined(value);
  if (const auto integer = value.as_int()) return integers(Operator::kSubtract, 0, *integer);
  if (const double* real = value.get<double>()) return Value::number(-*real);
  throw Fault(fmt::format("bad operand type for unary -: '{}'", type_name(value)));
}

Value plus(const Value& value) {
  if (value.is_undefined()) fail_undefined(value);
  if (const auto integer = value.as_int()) return Value::integer(*integer);
  if (value.get<double>() != nullptr) return value;
  throw Fault(fmt::format("bad operand type for unary +: '{}'", type_name(value)));
}

Value concatenate(Machine& machine, const Items& parts) {
  std::string result;
  for (const Value& part : parts) result += to_text(machine, part);
  machine.charge(result.size());
  return Value::text(std::move(result));
}

int64_t require_int(const Value& value, const char* what) {
  if (const auto integer = value.as_int()) return *integer;
  if (value.is_undefined()) fail_undefined(value);
  throw Fault(fmt::format("{} must be an integer, not {}", what, type_name(value)));
}

const std::string& require_text(const Value& value, const char* what) {
  if (value.is_text()) return value.utf8();
  if (value.is_undefined()) fail_undefined(value);
  throw Fault(fmt::format("{} must be a string, not {}", what, type_name(value)));
}

Items items_of(Machine& machine, const Value& value) {
  if (value.is_text()) machine.charge_items(value.utf8().size());
  Items items = iterate(value);
  machine.charge_items(items.size());
  return items;
}

}  // namespace fp8bench::jinja
