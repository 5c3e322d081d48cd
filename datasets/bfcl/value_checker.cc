#include "datasets/bfcl/value_checker.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "datasets/ifeval/python_text.h"

namespace fp8bench::bfcl {
namespace {

using python::Value;
using Type = Value::Type;

const Value& member(const Value& dict, std::string_view key) {
  if (!dict.is(Type::kDict)) throw CheckerRaises("TypeError");
  const Value* found = dict.find(key);
  if (found == nullptr) throw CheckerRaises("KeyError");
  return *found;
}

Type type_of_schema(const Value& schema) {
  const Value& name = member(schema, "type");
  static const std::vector<std::pair<std::string_view, Type>> kTypes = {
      {"string", Type::kString}, {"integer", Type::kInt}, {"float", Type::kFloat}, {"boolean", Type::kBool},
      {"array", Type::kList},    {"tuple", Type::kList},  {"dict", Type::kDict},   {"any", Type::kString}};
  for (const auto& [known, type] : kTypes)
    if (name.is(Type::kString) && name.text == known) return type;
  throw CheckerRaises("KeyError");
}

bool is_empty_text(const Value& value) { return value.is(Type::kString) && value.text.empty(); }

// The type of the first accepted value that is not "" (which only says that the argument may be left out).
std::optional<Type> accepted_type(const Value& accepted) {
  for (const Value& value : accepted.items)
    if (!is_empty_text(value)) return value.type;
  return {};
}

struct TypeResult {
  std::string error;         // "" if the type is right
  bool is_variable = false;  // the accepted values are of another type: a variable's name in place of a value
};

TypeResult check_type(const Value& value, const Value& accepted, Type expected, std::optional<Type> nested) {
  const auto possible = accepted_type(accepted);
  const bool variable = possible && *possible != expected;
  const bool same = possible && value.type == *possible;
  if (value.type != expected) return same ? TypeResult{"", true} : TypeResult{"type_error:simple", false};
  if (!nested) return {"", variable};
  for (const Value& alternative : accepted.items) {
    const bool fits =
        !alternative.is(Type::kList) || std::all_of(value.items.begin(), value.items.end(), [&](const Value& item) {
          return check_type(item, alternative, *nested, {}).error.empty();
        });
    if (fits) return {"", variable};
  }
  // A list of the right kind in itself, whose items are not: unlike above this stays an error.
  return {same ? "type_error:nested" : "type_error:simple", same};
}

Value standard(const Value& value) {
  return value.is(Type::kString) ? Value::of_string(standard_text(value.text)) : value;
}

bool contains(const std::vector<Value>& values, const Value& wanted) {
  return std::find(values.begin(), values.end(), wanted) != values.end();
}

std::string text_error(const Value& value, const Value& accepted) {
  const Value wanted = standard(value);
  const bool found = std::any_of(accepted.items.begin(), accepted.items.end(),
                                 [&](const Value& one) { return one.is(Type::kString) && standard(one) == wanted; });
  return found ? "" : "value_error:string";
}

// The items of a list; of a text its characters, as an index into it gives them.
std::vector<Value> items_of(const Value& value) {
  if (value.is(Type::kList)) return value.items;
  if (value.is(Type::kDict)) {
    if (value.entries.empty()) return {};
    throw CheckerRaises("KeyError");
  }
  if (!value.is(Type::kString)) throw CheckerRaises("TypeError");
  std::vector<Value> characters;
  for (size_t at = 0; at < value.text.size();) {
    const size_t begin = at;
    python::next_character(value.text, at);
    characters.push_back(Value::of_string(value.text.substr(begin, at - begin)));
  }
  return characters;
}

std::vector<Value> standard_items(std::vector<Value> items) {
  for (Value& item : items) item = standard(item);
  return items;
}

std::string list_error(const Value& value, const Value& accepted) {
  const std::vector<Value> wanted = standard_items(value.items);
  bool found = false;
  for (const Value& one : accepted.items) found = standard_items(items_of(one)) == wanted || found;
  return found ? "" : "value_error:list/tuple";
}

// One accepted dict: {key: [accepted, ...]}.
std::string entries_error(const Value& value, const Value& accepted) {
  if (!value.is(Type::kDict) || !accepted.is(Type::kDict)) throw CheckerRaises("AttributeError");
  std::string error;
  for (const auto& [key, item] : value.entries) {
    const Value* allowed = accepted.find(key);
    if (allowed == nullptr)
      error = "value_error:dict_key";
    else if (!contains(standard_items(items_of(*allowed)), standard(item)))
      error = "value_error:dict_value";
    if (!error.empty()) break;
  }
  for (const auto& [key, allowed] : accepted.entries)
    if (value.find(key) == nullptr && !contains(items_of(allowed), Value::of_string(""))) return "value_error:dict_key";
  return error;
}

std::string dict_error(const Value& value, const std::vector<Value>& accepted) {
  std::string error = "dict_checker:unclear";
  for (const Value& one : accepted) {
    if (is_empty_text(one)) continue;
    error = entries_error(value, one);
    if (error.empty()) return error;
  }
  return error;
}

std::string list_of_dicts_error(const Value& value, const Value& accepted) {
  std::string error = "list_dict_checker:unclear";
  for (const Value& alternative : accepted.items) {
    const std::vector<Value> wanted = items_of(alternative);
    if (wanted.size() != value.items.size()) {
      error = "value_error:list_dict_count";
      continue;
    }
    std::string first;
    for (size_t i = 0; i < wanted.size() && first.empty(); ++i) first = dict_error(value.items[i], {wanted[i]});
    if (first.empty()) return first;
    error = first;
  }
  return error;
}

}  // namespace

std::string standard_text(std::string_view text) {
  std::string kept;
  for (const char c : text)
    if (std::string_view(" ,./-_*^").find(c) == std::string_view::npos) kept += c;
  kept = python::lower(kept);
  std::replace(kept.begin(), kept.end(), '\'', '"');
  return kept;
}

std::string argument_error(const Value& schema, Value value, const Value& accepted) {
  const Type expected = type_of_schema(schema);
  const std::string& name = member(schema, "type").text;
  std::optional<Type> nested;
  if (name == "array" || name == "tuple") nested = type_of_schema(member(schema, "items"));
  if (name == "tuple" && value.is(Type::kTuple)) value.type = Type::kList;
  if (name == "float" && value.is(Type::kInt)) {
    value = Value::of_float(python::to_double(value));
    if (std::isinf(value.real)) throw CheckerRaises("OverflowError");
  }

  const TypeResult type = check_type(value, accepted, expected, nested);
  if (!type.error.empty()) return type.error;
  if (!type.is_variable) {
    if (expected == Type::kDict) return dict_error(value, accepted.items);
    if (expected == Type::kList && nested == Type::kDict) return list_of_dicts_error(value, accepted);
    if (expected == Type::kString) return text_error(value, accepted);
    if (expected == Type::kList) return list_error(value, accepted);
  }
  return contains(accepted.items, value) ? "" : "value_error:others";
}

}  // namespace fp8bench::bfcl
