// "address.city" or 0: the way filters name a part of each item.
#pragma once
#include <optional>
#include <vector>

#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

class AttributePath {
 public:
  // From a str, an int or None (the item itself). `fallback` stands for what is undefined on the way.
  explicit AttributePath(const Value* attribute, std::optional<Value> fallback = std::nullopt);
  Value of(Machine& machine, const Value& item) const;

 private:
  std::vector<Value> parts_;
  std::optional<Value> fallback_;
};

// The key that sorting and grouping compare: text in lower case unless asked otherwise.
Value comparison_key(Machine& machine, const Value& value, bool case_sensitive);
// Sorted by keys, stable; `reverse` keeps the order of equal ones, as Python does.
Items sorted_by(Machine& machine, std::vector<std::pair<Value, Value>> keyed, bool reverse);

}  // namespace fp8bench::jinja
