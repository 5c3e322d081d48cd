#include "harness/text/jinja/globals.h"

#include <fmt/format.h>

#include <array>

#include "harness/text/jinja/callable.h"
#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {
namespace {

Value range(Machine&, const Value&, const Arguments& arguments) {
  const auto bound = arguments.bind_positional("range", 1, 3);
  const auto integer = [&](size_t i) { return require_int(*bound[i], "an argument of range()"); };
  if (bound[1] == nullptr) return make_range(0, integer(0), 1);
  return make_range(integer(0), integer(1), bound[2] != nullptr ? integer(2) : 1);
}

// dict(mapping or pairs, name=value ...)
Dict make_dict(Machine& machine, const Arguments& arguments) {
  Dict dict;
  if (arguments.positional.size() > 1) throw Fault("dict expected at most 1 argument");
  for (const Value& from : arguments.positional) {
    if (from.as_dict() != nullptr) {
      dict = *from.as_dict();
      machine.charge_items(3 * dict.entries.size());
      continue;
    }
    for (const Value& pair : iterate(from)) {
      const Items parts = iterate(pair);
      if (parts.size() != 2) throw Fault("dict() needs pairs");
      machine.charge_items(3);
      dict.set(parts[0], parts[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) dict.set(Value::text(name), value);
  return dict;
}
Value dict(Machine& machine, const Value&, const Arguments& arguments) {
  return Value::dict(make_dict(machine, arguments));
}
Value make_namespace(Machine& machine, const Value&, const Arguments& arguments) {
  Value space = machine.make_namespace();
  (*space.get<std::shared_ptr<Namespace>>())->attributes = make_dict(machine, arguments);
  return space;
}

Value raise_exception(Machine& machine, const Value&, const Arguments& arguments) {
  const Value& message = *arguments.bind("raise_exception", {"message"}, 1)[0];
  throw Fault(fmt::format("the template refuses its input: {}", to_text(machine, message)));
}

Value strftime_now(Machine& machine, const Value&, const Arguments& arguments) {
  const std::string format =
      require_text(*arguments.bind("strftime_now", {"format"}, 1)[0], "the format of strftime_now()");
  const std::time_t now = machine.now();
  std::tm local{};
  if (::localtime_r(&now, &local) == nullptr) throw Fault("strftime_now: no local time");
  if (format.empty()) return Value::text("");
  if (format.size() > 1000) throw Fault("strftime_now: the format is too long");
  std::array<char, 16384> buffer;
  const size_t written = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
  if (written == 0) throw Fault("strftime_now: the time is too long, or empty");
  return Value::text(std::string(buffer.data(), written));
}

constexpr std::array kGlobals = {
    NamedFunction{"range", range},
    NamedFunction{"dict", dict},
    NamedFunction{"namespace", make_namespace},
    NamedFunction{"raise_exception", raise_exception},
    NamedFunction{"strftime_now", strftime_now},
};

}  // namespace

Value Machine::make_namespace() {
  charge(sizeof(Namespace));
  namespaces_.push_back(std::make_shared<Namespace>());
  return Value(Value::Storage(namespaces_.back()));
}

std::optional<Value> find_global(const std::string& name) {
  for (const NamedFunction& global : kGlobals) {
    if (name != global.name) continue;
    auto callable = std::make_shared<Callable>();
    callable->name = name;
    callable->function = global.function;
    return Value(Value::Storage(std::shared_ptr<const Callable>(std::move(callable))));
  }
  for (const char* known : {"lipsum", "cycler", "joiner", "self"})
    if (name == known) throw Fault(fmt::format("the global name '{}' is not supported", name));
  return std::nullopt;
}

}  // namespace fp8bench::jinja
