// value.name, value[index] and value[start:stop:step].
#include <fmt/format.h>

#include <limits>

#include "harness/text/jinja/methods.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

Value no_attribute(const Value& value, const std::string& name) {
  return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(value), name));
}

Value loop_attribute(Loop& loop, const std::string& name, const Value& self) {
  const auto integer = [](size_t n) { return Value::integer(static_cast<int64_t>(n)); };
  if (name == "index") return integer(loop.index0 + 1);
  if (name == "index0") return integer(loop.index0);
  if (name == "first") return Value::boolean(loop.index0 == 0);
  if (name == "last") return Value::boolean(!loop.has(loop.index0 + 1));
  if (name == "depth") return Value::integer(loop.depth0 + 1);
  if (name == "depth0") return Value::integer(loop.depth0);
  if (name == "previtem")
    return loop.index0 == 0 ? Value::undefined("there is no previous item") : loop.items[loop.index0 - 1];
  if (name == "nextitem")
    return loop.has(loop.index0 + 1) ? loop.items[loop.index0 + 1] : Value::undefined("there is no next item");
  if (name == "length" || name == "revindex" || name == "revindex0") {
    loop.fetch_all();
    const size_t size = loop.items.size();
    return integer(name == "length" ? size : size - loop.index0 - (name == "revindex0" ? 1 : 0));
  }
  return bound_method(self, name).value_or(no_attribute(self, name));
}

// The attribute that the Python type of the value has, if it has it.
std::optional<Value> type_attribute(const Value& value, const std::string& name) {
  if (value.is_undefined()) fail_undefined(value);
  if (const auto* loop = value.get<std::shared_ptr<Loop>>()) {
    Value found = loop_attribute(**loop, name, value);
    if (!found.is_undefined() || name == "previtem" || name == "nextitem") return found;
    return std::nullopt;
  }
  if (const auto* space = value.get<std::shared_ptr<Namespace>>()) {
    const Value* found = (*space)->attributes.find(name);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }
  if (const Range* range = value.get<Range>()) {
    if (name == "start") return Value::integer(range->start);
    if (name == "stop") return Value::integer(range->stop);
    if (name == "step") return Value::integer(range->step);
  }
  if (name.size() > 4 && name.starts_with("__") && name.ends_with("__"))
    return Value::undefined(fmt::format("access to attribute '{}' of '{}' object is unsafe", name, type_name(value)));
  return bound_method(value, name);
}

// obj[index] as Python does it; nothing where that raises TypeError or LookupError.
std::optional<Value> subscript(const Value& value, const Value& index) {
  if (const Dict* dict = value.as_dict()) {
    if (index.as_list() != nullptr || index.as_dict() != nullptr) return std::nullopt;  // unhashable
    const Value* found = dict->find(index);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }
  const auto place = index.as_int();
  if (!place) return std::nullopt;
  if (value.is_text()) {
    const std::string& text = value.utf8();
    if (is_ascii(text)) {
      const auto size = static_cast<int64_t>(text.size());
      const int64_t at = *place < 0 ? *place + size : *place;
      if (at < 0 || at >= size) return std::nullopt;
      return Value::text(text.substr(static_cast<size_t>(at), 1), value.is_markup());
    }
  } else if (value.as_sequence() == nullptr && value.get<Range>() == nullptr) {
    return std::nullopt;
  }
  const int64_t size = length(value);
  const int64_t at = *place < 0 ? *place + size : *place;
  if (at < 0 || at >= size) return std::nullopt;
  if (const Range* range = value.get<Range>()) return Value::integer(range->at(at));
  if (const Sequence* sequence = value.as_sequence()) return sequence->items[static_cast<size_t>(at)];
  return iterate(value)[static_cast<size_t>(at)];
}

int64_t multiply_steps(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

// slice.indices() of Python.
Range slice_indices(const std::optional<int64_t>& start, const std::optional<int64_t>& stop,
                    const std::optional<int64_t>& step, int64_t size) {
  Range range;
  range.step = step.value_or(1);
  if (range.step == 0) throw Fault("slice step cannot be zero");
  if (range.step == std::numeric_limits<int64_t>::min()) range.step += 1;
  const int64_t lowest = range.step < 0 ? -1 : 0, highest = range.step < 0 ? size - 1 : size;
  const auto clamp = [&](int64_t at) { return at < 0 ? std::max(at + size, lowest) : std::min(at, highest); };
  range.start = start ? clamp(*start) : range.step < 0 ? highest : lowest;
  range.stop = stop ? clamp(*stop) : range.step < 0 ? lowest : highest;
  return range;
}

}  // namespace

Value make_range(int64_t start, int64_t stop, int64_t step) {
  constexpr int64_t kLargest = int64_t{1} << 60;  // so that no later sum overflows
  if (step == 0) throw Fault("range() arg 3 must not be zero");
  for (const int64_t part : {start, stop, step})
    if (part > kLargest || part < -kLargest) throw Fault("the numbers of a range are too large");
  const Range range{start, stop, step};
  if (range.size() > 100000) throw Fault("Range too big. The sandbox blocks ranges larger than 100000.");
  return Value(range);
}

Value attribute(Machine& machine, const Value& value, const std::string& name) {
  machine.step();
  if (auto found = type_attribute(value, name)) return *found;
  if (const Dict* dict = value.as_dict())
    if (const Value* found = dict->find(name)) return *found;
  return no_attribute(value, name);
}

Value item(Machine& machine, const Value& value, const Value& index) {
  machine.step();
  if (value.is_undefined()) fail_undefined(value);
  if (value.is_text() && !is_ascii(value.utf8())) machine.charge(value.utf8().size() * 2);
  if (auto found = subscript(value, index)) return *found;
  if (index.is_text()) {
    if (auto found = type_attribute(value, index.utf8())) return *found;
    return no_attribute(value, index.utf8());
  }
  return Value::undefined(fmt::format("{} object has no element {}", type_name(value),
                                      index.as_int() ? fmt::format("{}", *index.as_int()) : type_name(index)));
}

Value slice(Machine& machine, const Value& value, const Value& start, const Value& stop, const Value& step) {
  if (value.is_undefined()) fail_undefined(value);
  const bool sliceable = value.is_text() || value.as_sequence() != nullptr || value.get<Range>() != nullptr;
  const auto usable = [](const Value& bound) { return bound.is_none() || bound.as_int().has_value(); };
  if (!sliceable || !usable(start) || !usable(stop) || !usable(step))  // TypeError in Python
    return Value::undefined(fmt::format("{} object has no such slice", type_name(value)));
  machine.charge(value.is_text() ? 5 * value.utf8().size() : sizeof(Value));
  const std::vector<char32_t> points = value.is_text() ? code_points(value.utf8()) : std::vector<char32_t>{};
  const int64_t size = value.is_text() ? static_cast<int64_t>(points.size()) : length(value);
  const Range range = slice_indices(start.as_int(), stop.as_int(), step.as_int(), size);
  const int64_t n = range.size();
  if (value.is_text()) {
    std::string text;
    for (int64_t i = 0; i < n; ++i) append_utf8(text, points[static_cast<size_t>(range.at(i))]);
    return Value::text(std::move(text), value.is_markup());
  }
  if (const Range* whole = value.get<Range>())
    return make_range(whole->at(range.start), whole->at(range.stop), multiply_steps(whole->step, range.step));
  machine.charge_items(static_cast<size_t>(n));
  Items items;
  for (int64_t i = 0; i < n; ++i) items.push_back(value.as_sequence()->items[static_cast<size_t>(range.at(i))]);
  return value.as_list() != nullptr ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

}  // namespace fp8bench::jinja
