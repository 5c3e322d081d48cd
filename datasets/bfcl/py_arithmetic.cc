#include "datasets/bfcl/py_arithmetic.h"

#include <fmt/core.h>

#include <cmath>
#include <complex>

namespace fp8bench::python {
namespace {

using Kind = Node::Kind;
using Type = Value::Type;
__extension__ using Wide = __int128;

constexpr size_t kMaxItems = 1 << 20;

[[noreturn]] void fail() { throw SyntaxError("cannot be evaluated"); }

bool is_whole(const Value& v) { return v.is(Type::kInt) || v.is(Type::kBool); }
bool is_real(const Value& v) { return is_whole(v) || v.is(Type::kFloat); }
bool is_sequence(const Value& v) {
  return v.is(Type::kString) || v.is(Type::kBytes) || v.is(Type::kList) || v.is(Type::kTuple);
}

Wide to_wide(const Value& v) {
  if (v.is(Type::kBool)) return v.boolean ? 1 : 0;
  if (v.text.size() > 38) fail();
  Wide value = 0;
  for (const char c : v.text)
    if (c != '-') value = value * 10 + (c - '0');
  return v.text.front() == '-' ? -value : value;
}

Value from_wide(Wide value) {
  std::string digits;
  const bool minus = value < 0;
  do {
    const int digit = static_cast<int>(value % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    value /= 10;
  } while (value != 0);
  return Value::of_int(minus ? fmt::format("-{}", digits) : digits);
}

Wide product(Wide a, Wide b) {
  Wide result = 0;
  if (__builtin_mul_overflow(a, b, &result)) fail();
  return result;
}

Wide power(Wide base, Wide exponent) {
  Wide result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = product(result, base);
    if (exponent > 1) {
      if (base == 0 || base == 1) break;
      if (base == -1)
        base = 1;
      else
        base = product(base, base);
    }
  }
  return result;
}

Wide floor_quotient(Wide a, Wide b) {
  const Wide quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

double float_power(double a, double b) {
  if (a == 0 && b < 0) fail();
  if (a < 0 && std::isfinite(a) && b != std::floor(b)) fail();  // a complex number
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) fail();  // OverflowError
  return result;
}

double float_modulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest != 0 ? (b < 0) != (rest < 0) : false) rest += b;
  return rest == 0 ? std::copysign(0.0, b) : rest;
}

double float_floor_quotient(double a, double b) {
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  double whole = std::floor(quotient);
  if (quotient - whole > 0.5) whole += 1;
  return whole;
}

Value whole_operation(std::string_view op, Wide a, Wide b) {
  Wide result = 0;
  const bool zero = b == 0;
  if (op == "+") {
    if (__builtin_add_overflow(a, b, &result)) fail();
  } else if (op == "-") {
    if (__builtin_sub_overflow(a, b, &result)) fail();
  } else if (op == "*") {
    result = product(a, b);
  } else if (op == "/") {
    if (zero) fail();
    return Value::of_float(static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b)));
  } else if (op == "//") {
    if (zero) fail();
    result = floor_quotient(a, b);
  } else if (op == "%") {
    if (zero) fail();
    result = a - floor_quotient(a, b) * b;
  } else if (op == "**") {
    if (b < 0) return Value::of_float(float_power(static_cast<double>(a), static_cast<double>(b)));
    result = power(a, b);
  } else if (op == "<<") {
    if (b < 0 || b > 126) fail();
    result = product(a, Wide{1} << static_cast<int>(b));
  } else if (op == ">>") {
    if (b < 0) fail();
    result = b > 126 ? (a < 0 ? -1 : 0) : a >> static_cast<int>(b);
  } else if (op == "&") {
    result = a & b;
  } else if (op == "|") {
    result = a | b;
  } else if (op == "^") {
    result = a ^ b;
  } else {
    fail();
  }
  return from_wide(result);
}

Value float_operation(std::string_view op, double a, double b) {
  if (op == "+") return Value::of_float(a + b);
  if (op == "-") return Value::of_float(a - b);
  if (op == "*") return Value::of_float(a * b);
  if (op == "**") return Value::of_float(float_power(a, b));
  if (b == 0) fail();
  if (op == "/") return Value::of_float(a / b);
  if (op == "//") return Value::of_float(float_floor_quotient(a, b));
  if (op == "%") return Value::of_float(float_modulo(a, b));
  fail();
}

std::complex<double> to_complex(const Value& v) {
  if (v.is(Type::kComplex)) return {v.real, v.imaginary};
  return {to_double(v), 0};
}

Value complex_operation(std::string_view op, std::complex<double> a, std::complex<double> b) {
  std::complex<double> result;
  if (op == "+")
    result = a + b;
  else if (op == "-")
    result = a - b;
  else if (op == "*")
    result = a * b;
  else
    fail();
  Value value;
  value.type = Type::kComplex;
  value.real = result.real();
  value.imaginary = result.imag();
  return value;
}

Value repeated(const Value& sequence, Wide times) {
  Value result = sequence;
  result.text.clear();
  result.items.clear();
  const auto size = static_cast<Wide>(sequence.text.size() + sequence.items.size());
  if (times > 0 && size > 0 && times > static_cast<Wide>(kMaxItems) / size) fail();
  for (Wide i = 0; size > 0 && i < times; ++i) {
    result.text += sequence.text;
    result.items.insert(result.items.end(), sequence.items.begin(), sequence.items.end());
  }
  return result;
}

Value operation(std::string_view op, const Value& a, const Value& b) {
  if (is_sequence(a) && op == "+" && a.type == b.type) {
    Value result = a;
    result.text += b.text;
    result.items.insert(result.items.end(), b.items.begin(), b.items.end());
    return result;
  }
  if (op == "*" && is_sequence(a) && is_whole(b)) return repeated(a, to_wide(b));
  if (op == "*" && is_sequence(b) && is_whole(a)) return repeated(b, to_wide(a));
  if (is_whole(a) && is_whole(b)) {
    if (a.is(Type::kBool) && b.is(Type::kBool) && (op == "&" || op == "|" || op == "^"))
      return Value::of_bool(whole_operation(op, to_wide(a), to_wide(b)).text == "1");
    return whole_operation(op, to_wide(a), to_wide(b));
  }
  if (is_real(a) && is_real(b)) return float_operation(op, to_double(a), to_double(b));
  const bool complex = (a.is(Type::kComplex) || is_real(a)) && (b.is(Type::kComplex) || is_real(b));
  if (complex) return complex_operation(op, to_complex(a), to_complex(b));
  fail();
}

bool truth(const Value& v) {
  if (v.is(Type::kFloat)) return v.real != 0;
  if (v.is(Type::kComplex)) return v.real != 0 || v.imaginary != 0;
  if (is_whole(v)) return to_wide(v) != 0;
  return !v.text.empty() || !v.items.empty() || !v.entries.empty();
}

Value signed_value(std::string_view op, const Value& v) {
  if (op == "not") return Value::of_bool(!truth(v));
  if (is_whole(v)) {
    const Wide value = to_wide(v);
    return from_wide(op == "-" ? -value : op == "~" ? ~value : value);
  }
  if (op == "~" || (!v.is(Type::kFloat) && !v.is(Type::kComplex))) fail();
  Value result = v;
  if (op == "-") {
    result.real = -v.real;
    result.imaginary = -v.imaginary;
  }
  return result;
}

}  // namespace

Value evaluate(const Node& node) {
  switch (node.kind) {
    case Kind::kConstant:
      return node.value;
    case Kind::kUnary:
      return signed_value(node.text, evaluate(node.children[0]));
    case Kind::kBinary:
      return operation(node.text, evaluate(node.children[0]), evaluate(node.children[1]));
    case Kind::kList:
    case Kind::kTuple: {
      Value sequence = Value::of_list({});
      if (node.is(Kind::kTuple)) sequence.type = Type::kTuple;
      for (const Node& item : node.children) sequence.items.push_back(evaluate(item));
      return sequence;
    }
    default:
      fail();
  }
}

}  // namespace fp8bench::python
