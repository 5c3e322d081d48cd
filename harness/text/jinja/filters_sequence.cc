// Filters on sequences.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "harness/text/jinja/attribute_path.h"
#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/machine.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {
namespace {

bool flag(const Value* value) { return value != nullptr && truthy(*value); }

Value first(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("first", 0, 0);
  if (const auto* iterator = value.get<std::shared_ptr<Iterator>>()) {  // takes one, leaves the others
    Iterator& it = **iterator;
    return it.next < it.items.size() ? it.items[it.next++] : Value::undefined("No first item, sequence was empty.");
  }
  const Items items = iterate(value);
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}
bool is_reversible(const Value& value) {
  return is_iterable(value) && value.pointee<Iterator>() == nullptr && value.pointee<Loop>() == nullptr;
}
Value last(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("last", 0, 0);
  if (!is_reversible(value)) throw Fault(fmt::format("'{}' object is not reversible", type_name(value)));
  const Items items = iterate(value);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}
Value length_filter(Machine&, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("length", 0, 0);
  return Value::integer(length(value));
}
Value list(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("list", 0, 0);
  return Value::list(items_of(machine, value));
}

Value join(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("join", {"d", "attribute"});
  const AttributePath path(bound[1]);
  const std::string separator = bound[0] != nullptr ? to_text(machine, *bound[0]) : "";
  std::string text;
  bool begun = false;
  for (const Value& part : items_of(machine, value)) {
    machine.charge(separator.size());
    if (begun) text += separator;
    begun = true;
    text += to_text(machine, path.of(machine, part));
  }
  return Value::text(std::move(text));
}

Value reverse(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("reverse", 0, 0);
  Items items = items_of(machine, value);
  std::reverse(items.begin(), items.end());
  if (value.is_text()) return concatenate(machine, items);
  return is_reversible(value) ? Value::iterator(std::move(items)) : Value::list(std::move(items));
}

Value sort(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("sort", {"reverse", "case_sensitive", "attribute"});
  std::vector<AttributePath> paths;
  if (bound[2] != nullptr && bound[2]->is_text()) {
    for (const std::string& part : split(bound[2]->utf8(), ",", -1)) {
      const Value name = Value::text(part);
      paths.emplace_back(&name);
    }
  } else {
    paths.emplace_back(bound[2]);
  }
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& part : items_of(machine, value)) {
    Items key;
    for (const AttributePath& path : paths)
      key.push_back(comparison_key(machine, path.of(machine, part), flag(bound[1])));
    keyed.emplace_back(Value::list(std::move(key)), part);
  }
  return Value::list(sorted_by(machine, std::move(keyed), flag(bound[0])));
}

Value dictsort(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("dictsort", {"case_sensitive", "by", "reverse"});
  const std::string by = bound[1] != nullptr ? require_text(*bound[1], "by") : "key";
  if (by != "key" && by != "value") throw Fault("You can only sort by either \"key\" or \"value\"");
  if (value.is_undefined()) fail_undefined(value);
  const Dict* dict = value.as_dict();
  if (dict == nullptr) throw Fault(fmt::format("|dictsort takes a mapping, not {}", type_name(value)));
  std::vector<std::pair<Value, Value>> keyed;
  machine.charge_items(3 * dict->entries.size());
  for (const auto& [key, part] : dict->entries)
    keyed.emplace_back(comparison_key(machine, by == "key" ? key : part, flag(bound[0])), Value::tuple({key, part}));
  return Value::list(sorted_by(machine, std::move(keyed), flag(bound[2])));
}

Value items_filter(Machine& machine, const Value& value, const Arguments& arguments) {
  arguments.bind_positional("items", 0, 0);
  if (value.is_undefined()) return Value::iterator({});
  const Dict* dict = value.as_dict();
  if (dict == nullptr) throw Fault("Can only get item pairs from a mapping.");
  machine.charge_items(3 * dict->entries.size());
  Items pairs;
  for (const auto& [key, part] : dict->entries) pairs.push_back(Value::tuple({key, part}));
  return Value::iterator(std::move(pairs));
}

Value unique(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("unique", {"case_sensitive", "attribute"});
  const AttributePath path(bound[1]);
  std::unordered_set<std::string> seen;
  Items kept;
  for (const Value& part : items_of(machine, value)) {
    const Value key = comparison_key(machine, path.of(machine, part), flag(bound[0]));
    machine.charge(static_cast<size_t>(value_weight(key)) * 64);
    if (seen.insert(hash_key(key)).second) kept.push_back(part);
  }
  return Value::iterator(std::move(kept));
}

template <bool largest>
Value extreme(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("min or max", {"case_sensitive", "attribute"});
  const AttributePath path(bound[1]);
  const Items items = items_of(machine, value);
  if (items.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  const Value* best = nullptr;
  Value best_key;
  for (const Value& part : items) {
    Value key = comparison_key(machine, path.of(machine, part), flag(bound[0]));
    machine.step(value_weight(key));
    if (best != nullptr && !(largest ? less(best_key, key) : less(key, best_key))) continue;
    best = &part;
    best_key = std::move(key);
  }
  return *best;
}

Value sum(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("sum", {"attribute", "start"});
  const AttributePath path(bound[0]);
  Value total = bound[1] != nullptr ? *bound[1] : Value::integer(0);
  if (total.is_text()) throw Fault("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& part : items_of(machine, value))
    total = binary(machine, Operator::kAdd, total, path.of(machine, part));
  return total;
}

Value batch(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("batch", {"linecount", "fill_with"}, 1);
  const int64_t size = require_int(*bound[0], "linecount");
  Items rows, row;
  for (const Value& part : items_of(machine, value)) {
    if (static_cast<int64_t>(row.size()) == size) rows.push_back(Value::list(std::exchange(row, {})));
    row.push_back(part);
  }
  if (!row.empty()) {
    if (bound[1] != nullptr && !bound[1]->is_none())
      while (static_cast<int64_t>(row.size()) < size) {
        machine.charge_items(1);
        row.push_back(*bound[1]);
      }
    rows.push_back(Value::list(std::move(row)));
  }
  return Value::iterator(std::move(rows));
}

Value slice_filter(Machine& machine, const Value& value, const Arguments& arguments) {
  const auto bound = arguments.bind("slice", {"slices", "fill_with"}, 1);
  const int64_t slices = require_int(*bound[0], "slices");
  if (slices <= 0) throw Fault("the number of slices must be positive");
  const Items items = items_of(machine, value);
  const auto size = static_cast<int64_t>(items.size());
  const int64_t each = size / slices, extra = size % slices;
  Items rows;
  int64_t at = 0;
  for (int64_t i = 0; i < slices; ++i) {
    machine.charge_items(1);
    const int64_t end = at + each + (i < extra ? 1 : 0);
    Items row(items.begin() + at, items.begin() + end);
    if (bound[1] != nullptr && !bound[1]->is_none() && i >= extra) row.push_back(*bound[1]);
    rows.push_back(Value::list(std::move(row)));
    at = end;
  }
  return Value::iterator(std::move(rows));
}

}  // namespace

const std::vector<NamedFunction>& sequence_filters() {
  static const std::vector<NamedFunction> kFilters = {
      {"first", first},         {"last", last},     {"length", length_filter},
      {"count", length_filter}, {"list", list},     {"join", join},
      {"reverse", reverse},     {"sort", sort},     {"dictsort", dictsort},
      {"items", items_filter},  {"unique", unique}, {"min", extreme<false>},
      {"max", extreme<true>},   {"sum", sum},       {"batch", batch},
      {"slice", slice_filter},
  };
  return kFilters;
}

}  // namespace fp8bench::jinja
