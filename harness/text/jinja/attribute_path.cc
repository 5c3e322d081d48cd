#include "harness/text/jinja/attribute_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"

namespace fp8bench::jinja {

AttributePath::AttributePath(const Value* attribute, std::optional<Value> fallback) : fallback_(std::move(fallback)) {
  if (attribute == nullptr || attribute->is_none()) return;
  if (!attribute->is_text()) {
    parts_.push_back(Value::integer(require_int(*attribute, "an attribute")));
    return;
  }
  for (const std::string& part : split(attribute->utf8(), ".", -1)) {
    const bool digits = all_of_class(part, CharacterClass::kDigit);
    const auto integer = digits ? parse_int(part, 10) : std::nullopt;
    if (digits && !integer) throw Fault(fmt::format("bad number '{}' in an attribute", part));
    parts_.push_back(integer ? Value::integer(*integer) : Value::text(part));
  }
}

Value AttributePath::of(Machine& machine, const Value& whole) const {
  Value value = whole;
  for (const Value& part : parts_) {
    value = item(machine, value, part);
    if (value.is_undefined() && fallback_ && !fallback_->is_none()) value = *fallback_;
  }
  return value;
}

Value comparison_key(Machine& machine, const Value& value, bool case_sensitive) {
  if (case_sensitive || !value.is_text()) return value;
  machine.charge(value.utf8().size());
  return Value::text(lower(value.utf8()));
}

Items sorted_by(Machine& machine, std::vector<std::pair<Value, Value>> keyed, bool reverse) {
  // A merge sort, because std::sort must not be given an order that throws or is inconsistent, as NaN makes it.
  const auto precedes = [&](const Value& a, const Value& b) {
    machine.step(std::min(value_weight(a), value_weight(b)));
    return reverse ? less(a, b) : less(b, a);  // strictly: b must come before a
  };
  std::vector<std::pair<Value, Value>> merged(keyed.size());
  for (size_t width = 1; width < keyed.size(); width *= 2) {
    for (size_t begin = 0; begin < keyed.size(); begin += 2 * width) {
      const size_t middle = std::min(begin + width, keyed.size()), end = std::min(begin + 2 * width, keyed.size());
      size_t left = begin, right = middle;
      for (size_t out = begin; out < end; ++out) {
        const bool take_right = left == middle || (right < end && precedes(keyed[left].first, keyed[right].first));
        merged[out] = std::move(keyed[take_right ? right++ : left++]);
      }
    }
    keyed.swap(merged);
  }
  Items items;
  for (auto& entry : keyed) items.push_back(std::move(entry.second));
  return items;
}

}  // namespace fp8bench::jinja
