#include "harness/text/jinja/is_tests.h"

#include <fmt/format.h>

#include <array>

#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {
namespace {

using Predicate = bool (*)(const Value&);

template <Predicate holds>
Value simple(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("test", 0, 0);
  return Value::boolean(holds(value));
}

bool is_boolean(const Value& v) { return v.get<bool>() != nullptr; }
bool is_mapping(const Value& v) { return v.as_dict() != nullptr; }
bool is_number(const Value& v) { return v.as_number().has_value(); }
bool is_sequence(const Value& v) {  // has len() and []; undefined has both
  return v.is_undefined() || v.is_text() || v.as_sequence() != nullptr || v.as_dict() != nullptr ||
         v.get<Range>() != nullptr;
}
bool is_callable(const Value& v) {
  return v.is_undefined() || v.pointee<const Callable>() != nullptr || v.pointee<Loop>() != nullptr;
}

int64_t remainder(Machine& machine, const Value& value, const Value& by) {
  const Value rest = binary(machine, Operator::kModulo, value, by);
  if (rest.as_int()) return *rest.as_int();
  if (rest.as_number()) return *rest.as_number() == 0 ? 0 : *rest.as_number() == 1 ? 1 : 2;
  return 2;  // a formatted string equals no number
}
Value odd(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("odd", 0, 0);
  return Value::boolean(remainder(machine, value, Value::integer(2)) == 1);
}
Value even(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("even", 0, 0);
  return Value::boolean(remainder(machine, value, Value::integer(2)) == 0);
}
Value divisible_by(Machine& machine, const Value& value, const Arguments& arguments) {
  return Value::boolean(remainder(machine, value, *arguments.bind("divisibleby", {"num"}, 1)[0]) == 0);
}

template <Operator operation>
Value compared(Machine& machine, const Value& value, const Arguments& arguments) {
  return Value::boolean(compared_by(machine, operation, value, *arguments.bind_positional("comparison", 1, 1)[0]));
}
Value in(Machine& machine, const Value& value, const Arguments& arguments) {
  return Value::boolean(compared_by(machine, Operator::kIn, value, *arguments.bind("in", {"seq"}, 1)[0]));
}

// Python compares addresses: meaningful for None, booleans and values of different types, for others an accident.
Value same_as(Machine&, const Value& value, const Arguments& arguments) {
  const Value& other = *arguments.bind("sameas", {"other"}, 1)[0];
  if (std::string_view(type_name(value)) != type_name(other)) return Value::boolean(false);
  if (value.is_none()) return Value::boolean(true);
  if (const bool* flag = value.get<bool>()) return Value::boolean(*flag == *other.get<bool>());
  throw Fault(fmt::format("'is sameas' of two values of type {} is not supported", type_name(value)));
}

Value lower_test(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("lower", 0, 0);
  return Value::boolean(is_lower(to_text(machine, value)));
}
Value upper_test(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("upper", 0, 0);
  return Value::boolean(is_upper(to_text(machine, value)));
}
Value filter_test(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("filter", 0, 0);
  return Value::boolean(value.is_text() && find_filter(value.utf8()) != nullptr);
}
Value test_test(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("test", 0, 0);
  return Value::boolean(value.is_text() && find_is_test(value.utf8()) != nullptr);
}

constexpr std::array kTests = {
    NamedFunction{"defined", simple<[](const Value& v) { return !v.is_undefined(); }>},
    NamedFunction{"undefined", simple<[](const Value& v) { return v.is_undefined(); }>},
    NamedFunction{"none", simple<[](const Value& v) { return v.is_none(); }>},
    NamedFunction{"boolean", simple<is_boolean>},
    NamedFunction{"true", simple<[](const Value& v) { return is_boolean(v) && *v.get<bool>(); }>},
    NamedFunction{"false", simple<[](const Value& v) { return is_boolean(v) && !*v.get<bool>(); }>},
    NamedFunction{"integer", simple<[](const Value& v) { return v.get<int64_t>() != nullptr; }>},
    NamedFunction{"float", simple<[](const Value& v) { return v.get<double>() != nullptr; }>},
    NamedFunction{"number", simple<is_number>},
    NamedFunction{"string", simple<[](const Value& v) { return v.is_text(); }>},
    NamedFunction{"mapping", simple<is_mapping>},
    NamedFunction{"sequence", simple<is_sequence>},
    NamedFunction{"iterable", simple<is_iterable>},
    NamedFunction{"callable", simple<is_callable>},
    NamedFunction{"escaped", simple<[](const Value& v) { return v.is_markup(); }>},
    NamedFunction{"odd", odd},
    NamedFunction{"even", even},
    NamedFunction{"divisibleby", divisible_by},
    NamedFunction{"lower", lower_test},
    NamedFunction{"upper", upper_test},
    NamedFunction{"filter", filter_test},
    NamedFunction{"test", test_test},
    NamedFunction{"sameas", same_as},
    NamedFunction{"in", in},
    NamedFunction{"==", compared<Operator::kEqual>},
    NamedFunction{"eq", compared<Operator::kEqual>},
    NamedFunction{"equalto", compared<Operator::kEqual>},
    NamedFunction{"!=", compared<Operator::kNotEqual>},
    NamedFunction{"ne", compared<Operator::kNotEqual>},
    NamedFunction{">", compared<Operator::kGreater>},
    NamedFunction{"gt", compared<Operator::kGreater>},
    NamedFunction{"greaterthan", compared<Operator::kGreater>},
    NamedFunction{">=", compared<Operator::kGreaterEqual>},
    NamedFunction{"ge", compared<Operator::kGreaterEqual>},
    NamedFunction{"<", compared<Operator::kLess>},
    NamedFunction{"lt", compared<Operator::kLess>},
    NamedFunction{"lessthan", compared<Operator::kLess>},
    NamedFunction{"<=", compared<Operator::kLessEqual>},
    NamedFunction{"le", compared<Operator::kLessEqual>},
};

}  // namespace

Function find_is_test(const std::string& name) {
  for (const NamedFunction& test : kTests)
    if (name == test.name) return test.function;
  return nullptr;
}

}  // namespace fp8bench::jinja
