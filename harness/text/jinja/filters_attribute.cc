// Filters that apply another filter or a test to every item.
#include <fmt/format.h>

#include "harness/text/jinja/attribute_path.h"
#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/is_tests.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/operations.h"

namespace fp8bench::jinja {
namespace {

Value map(Machine& machine, const Value& value, const Arguments& arguments) {
  if (!truthy(value)) return Value::iterator({});
  Items mapped;
  if (arguments.positional.empty()) {
    const auto bound = arguments.bind("map", {"attribute", "default"});
    if (bound[0] == nullptr) throw Fault("map requires a filter argument");
    const AttributePath path(bound[0], bound[1] != nullptr ? std::optional(*bound[1]) : std::nullopt);
    for (const Value& part : items_of(machine, value)) mapped.push_back(path.of(machine, part));
    return Value::iterator(std::move(mapped));
  }
  const std::string& name = require_text(arguments.positional.front(), "the filter of |map");
  const Function filter = find_filter(name);
  if (filter == nullptr) throw Fault(fmt::format("unknown filter '{}'", name));
  const Arguments rest{{arguments.positional.begin() + 1, arguments.positional.end()}, arguments.named};
  for (const Value& part : items_of(machine, value)) {
    machine.step();
    mapped.push_back(filter(machine, part, rest));
  }
  return Value::iterator(std::move(mapped));
}

template <bool wanted, bool by_attribute>
Value select(Machine& machine, const Value& value, const Arguments& arguments) {
  if (!truthy(value)) return Value::iterator({});
  size_t used = 0;
  if (by_attribute && arguments.positional.empty()) throw Fault("Missing parameter for attribute name");
  const AttributePath path(by_attribute ? &arguments.positional[used++] : nullptr);
  Function test = nullptr;
  if (used < arguments.positional.size()) {
    const std::string& name = require_text(arguments.positional[used++], "the test of |select");
    test = find_is_test(name);
    if (test == nullptr) throw Fault(fmt::format("unknown test '{}'", name));
  }
  const Arguments rest{{arguments.positional.begin() + static_cast<std::ptrdiff_t>(used), arguments.positional.end()},
                       test != nullptr ? arguments.named : decltype(arguments.named){}};
  Items kept;
  for (const Value& part : items_of(machine, value)) {
    machine.step();
    const Value subject = path.of(machine, part);
    if (truthy(test != nullptr ? test(machine, subject, rest) : subject) == wanted) kept.push_back(part);
  }
  return Value::iterator(std::move(kept));
}

}  // namespace

const std::vector<NamedFunction>& attribute_filters() {
  static const std::vector<NamedFunction> kFilters = {
      {"map", map},
      {"select", select<true, false>},
      {"reject", select<false, false>},
      {"selectattr", select<true, true>},
      {"rejectattr", select<false, true>},
  };
  return kFilters;
}

}  // namespace fp8bench::jinja
