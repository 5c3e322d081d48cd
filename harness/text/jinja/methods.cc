#include "harness/text/jinja/methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "harness/text/jinja/callable.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/method_table.h"
#include "harness/text/jinja/operations.h"

namespace fp8bench::jinja {
namespace {

Value get(Machine&, const Value& self, const Arguments& arguments) {
  const auto bound = arguments.bind_positional("get", 1, 2);
  const Value* found = self.as_dict()->find(*bound[0]);
  if (found != nullptr) return *found;
  return bound[1] != nullptr ? *bound[1] : Value::none();
}
template <Part part>
Value view(Machine&, const Value& self, const Arguments& arguments) {
  arguments.bind_positional("dict view", 0, 0);
  return Value(View{*self.get<std::shared_ptr<const Dict>>(), part});
}
Value copy(Machine&, const Value& self, const Arguments& arguments) {
  arguments.bind_positional("copy", 0, 0);
  return self;  // immutable
}

Value count_items(Machine& machine, const Value& self, const Arguments& arguments) {
  const Value& wanted = *arguments.bind_positional("count", 1, 1)[0];
  machine.step(value_weight(self));
  const Items items = iterate(self);
  return Value::integer(std::count_if(items.begin(), items.end(), [&](const Value& v) { return equal(v, wanted); }));
}
Value index_of_item(Machine& machine, const Value& self, const Arguments& arguments) {
  const Value& wanted = *arguments.bind_positional("index", 1, 1)[0];
  machine.step(value_weight(self));
  const Items items = iterate(self);
  const auto found = std::find_if(items.begin(), items.end(), [&](const Value& v) { return equal(v, wanted); });
  if (found == items.end()) throw Fault("index(): the item is not in the list");
  return Value::integer(found - items.begin());
}

Value cycle(Machine&, const Value& self, const Arguments& arguments) {
  if (!arguments.named.empty() || arguments.positional.empty()) throw Fault("no items for cycling given");
  return arguments.positional[self.pointee<Loop>()->index0 % arguments.positional.size()];
}
Value changed(Machine& machine, const Value& self, const Arguments& arguments) {
  if (!arguments.named.empty()) throw Fault("changed() takes no keyword arguments");
  Loop& loop = **self.get<std::shared_ptr<Loop>>();
  const Value now = Value::tuple(arguments.positional);
  machine.step(value_weight(now));
  if (loop.changed_called && equal(Value::tuple(loop.last_changed), now)) return Value::boolean(false);
  loop.changed_called = true;
  loop.last_changed = arguments.positional;
  return Value::boolean(true);
}

constexpr std::array kDictMethods = {
    NamedFunction{"get", get},
    NamedFunction{"items", view<Part::kItems>},
    NamedFunction{"keys", view<Part::kKeys>},
    NamedFunction{"values", view<Part::kValues>},
    NamedFunction{"copy", copy},
};
constexpr std::array kListMethods = {
    NamedFunction{"copy", copy},
    NamedFunction{"count", count_items},
    NamedFunction{"index", index_of_item},
};
constexpr std::array kTupleMethods = {
    NamedFunction{"count", count_items},
    NamedFunction{"index", index_of_item},
};
constexpr std::array kLoopMethods = {
    NamedFunction{"cycle", cycle},
    NamedFunction{"changed", changed},
};

constexpr std::array<std::string_view, 5> kForbiddenOnDict = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::array<std::string_view, 8> kForbiddenOnList = {"append", "clear", "pop",    "reverse",
                                                              "insert", "sort",  "extend", "remove"};

constexpr std::array<std::string_view, 1> kUnsupportedOnDict = {"fromkeys"};
constexpr std::array<std::string_view, 21> kUnsupportedOnText = {
    "casefold",  "center",       "encode",    "expandtabs",  "format",   "format_map", "isascii",
    "isdecimal", "isidentifier", "isnumeric", "isprintable", "istitle",  "ljust",      "maketrans",
    "partition", "rindex",       "rjust",     "rpartition",  "swapcase", "translate",  "zfill"};
constexpr std::array<std::string_view, 8> kUnsupportedOnInt = {"real",       "imag",      "numerator", "denominator",
                                                               "bit_length", "bit_count", "conjugate", "to_bytes"};
constexpr std::array<std::string_view, 7> kUnsupportedOnFloat = {
    "real", "imag", "conjugate", "hex", "is_integer", "as_integer_ratio", "fromhex"};
constexpr std::array<std::string_view, 2> kUnsupportedOnView = {"isdisjoint", "mapping"};
constexpr std::array<std::string_view, 6> kUnsupportedOnMacro = {"name",         "arguments",     "caller",
                                                                 "catch_kwargs", "catch_varargs", "explicit_caller"};

struct TypeAttributes {
  std::span<const NamedFunction> methods;
  std::span<const std::string_view> forbidden, unsupported;
};

TypeAttributes attributes_of(const Value& value) {
  if (value.is_text()) return {text_methods(), {}, kUnsupportedOnText};
  if (value.as_dict() != nullptr) return {kDictMethods, kForbiddenOnDict, kUnsupportedOnDict};
  if (value.as_list() != nullptr) return {kListMethods, kForbiddenOnList, {}};
  if (value.as_tuple() != nullptr || value.get<Range>() != nullptr) return {kTupleMethods, {}, {}};
  if (value.pointee<Loop>() != nullptr) return {kLoopMethods, {}, {}};
  if (value.as_int()) return {{}, {}, kUnsupportedOnInt};
  if (value.get<double>() != nullptr) return {{}, {}, kUnsupportedOnFloat};
  if (value.get<View>() != nullptr) return {{}, {}, kUnsupportedOnView};
  if (value.pointee<const Callable>() != nullptr) return {{}, {}, kUnsupportedOnMacro};
  return {};
}

}  // namespace

std::optional<Value> bound_method(const Value& value, const std::string& name) {
  const TypeAttributes known = attributes_of(value);
  for (const NamedFunction& method : known.methods) {
    if (name != method.name) continue;
    auto callable = std::make_shared<Callable>();
    callable->name = name;
    callable->function = method.function;
    callable->receiver = value;
    return Value(Value::Storage(std::shared_ptr<const Callable>(std::move(callable))));
  }
  if (std::find(known.forbidden.begin(), known.forbidden.end(), name) != known.forbidden.end())
    return Value::undefined(fmt::format("access to attribute '{}' of '{}' object is unsafe", name, type_name(value)));
  if (std::find(known.unsupported.begin(), known.unsupported.end(), name) != known.unsupported.end())
    throw Fault(fmt::format("attribute '{}' of '{}' object is not supported", name, type_name(value)));
  return std::nullopt;
}

}  // namespace fp8bench::jinja
