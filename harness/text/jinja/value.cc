#include "harness/text/jinja/value.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "harness/text/jinja/callable.h"
#include "harness/text/utf8.h"

namespace fp8bench::jinja {
namespace {

Extent extent_of(const Items& items) {
  Extent whole;
  for (const Value& item : items) whole.hold(extent(item));
  return whole;
}

template <class S>
std::shared_ptr<const S> make_sequence(Items items) {
  auto sequence = std::make_shared<S>();
  sequence->extent = extent_of(items);
  sequence->items = std::move(items);
  return sequence;
}

}  // namespace

Value Value::undefined(std::string hint) {
  return Value(Storage(Undefined{std::make_shared<const std::string>(std::move(hint))}));
}
Value Value::text(std::string utf8, bool markup) {
  return Value(Storage(Text{std::make_shared<const std::string>(std::move(utf8)), markup}));
}
Value Value::list(Items items) { return Value(Storage(make_sequence<List>(std::move(items)))); }
Value Value::tuple(Items items) { return Value(Storage(make_sequence<Tuple>(std::move(items)))); }
Value Value::dict(Dict dict) { return Value(Storage(std::make_shared<const Dict>(std::move(dict)))); }
Value Value::iterator(Items items) {
  auto iterator = std::make_shared<Iterator>();
  iterator->extent = extent_of(items);
  iterator->items = std::move(items);
  return Value(Storage(std::move(iterator)));
}

const Sequence* Value::as_sequence() const {
  if (const List* list = as_list()) return list;
  return as_tuple();
}
std::optional<int64_t> Value::as_int() const {
  if (const int64_t* value = get<int64_t>()) return *value;
  if (const bool* value = get<bool>()) return *value ? 1 : 0;
  return std::nullopt;
}
std::optional<double> Value::as_number() const {
  if (const double* value = get<double>()) return *value;
  if (const auto value = as_int()) return static_cast<double>(*value);
  return std::nullopt;
}

int64_t Range::size() const {
  if (step > 0) return start < stop ? (stop - start - 1) / step + 1 : 0;
  return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

const Value* Dict::find(const Value& key) const {
  const auto found = index.find(hash_key(key));
  return found == index.end() ? nullptr : &entries[found->second].second;
}
const Value* Dict::find(std::string_view key) const {
  const auto found = index.find(fmt::format("s{}", key));
  return found == index.end() ? nullptr : &entries[found->second].second;
}
void Dict::set(Value key, Value value) {
  extent.hold(jinja::extent(key));
  extent.hold(jinja::extent(value));
  const auto [place, added] = index.emplace(hash_key(key), entries.size());
  if (added)
    entries.emplace_back(std::move(key), std::move(value));
  else
    entries[place->second].second = std::move(value);
}

bool truthy(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (const bool* flag = value.get<bool>()) return *flag;
  if (const int64_t* number = value.get<int64_t>()) return *number != 0;
  if (const double* number = value.get<double>()) return *number != 0;
  if (value.is_text()) return !value.utf8().empty();
  if (const Sequence* sequence = value.as_sequence()) return !sequence->items.empty();
  if (const Dict* dict = value.as_dict()) return !dict->entries.empty();
  if (const Range* range = value.get<Range>()) return range->size() > 0;
  if (const View* view = value.get<View>()) return !view->dict->entries.empty();
  return true;
}

const char* type_name(const Value& value) {
  if (value.is_undefined()) return "Undefined";
  if (value.is_none()) return "NoneType";
  if (value.get<bool>() != nullptr) return "bool";
  if (value.get<int64_t>() != nullptr) return "int";
  if (value.get<double>() != nullptr) return "float";
  if (value.is_text()) return value.is_markup() ? "Markup" : "str";
  if (value.as_list() != nullptr) return "list";
  if (value.as_tuple() != nullptr) return "tuple";
  if (value.as_dict() != nullptr) return "dict";
  if (value.get<Range>() != nullptr) return "range";
  if (const View* view = value.get<View>())
    return view->part == Part::kKeys ? "dict_keys" : view->part == Part::kValues ? "dict_values" : "dict_items";
  if (value.pointee<Iterator>() != nullptr) return "generator";
  if (value.pointee<Namespace>() != nullptr) return "Namespace";
  if (value.pointee<Loop>() != nullptr) return "LoopContext";
  return "function";
}

void Extent::hold(const Extent& part) {
  depth = std::max(depth, part.depth + 1);
  weight += part.weight;
  if (depth > kMaxValueDepth) throw Fault(fmt::format("values nested deeper than {}", kMaxValueDepth));
  if (weight > kMaxValueWeight) throw Fault(fmt::format("a value of more than {} parts", kMaxValueWeight));
}

Extent extent(const Value& value) {
  if (const Sequence* sequence = value.as_sequence()) return sequence->extent;
  if (const Dict* dict = value.as_dict()) return dict->extent;
  if (value.is_text()) return {1, 1 + static_cast<int64_t>(value.utf8().size() >> 6)};
  Extent own;
  if (const Range* range = value.get<Range>()) own.weight = 1 + range->size();
  if (const View* view = value.get<View>()) own.hold(view->dict->extent);
  if (const Iterator* iterator = value.pointee<Iterator>()) own.hold(iterator->extent);
  // A bound method keeps its receiver.
  if (const Callable* callable = value.pointee<const Callable>();
      callable != nullptr && !callable->receiver.is_undefined())
    own.hold(extent(callable->receiver));
  return own;
}

Items iterate(const Value& value) {
  if (value.is_undefined()) return {};
  if (const Sequence* sequence = value.as_sequence()) return sequence->items;
  Items items;
  if (const Dict* dict = value.as_dict()) {
    for (const auto& entry : dict->entries) items.push_back(entry.first);
  } else if (value.is_text()) {
    const std::string& text = value.utf8();
    for (size_t at = 0; at < text.size();) {
      const auto bytes = static_cast<size_t>(utf8_length(static_cast<unsigned char>(text[at])));
      items.push_back(Value::text(text.substr(at, bytes), value.is_markup()));
      at += bytes;
    }
  } else if (const Range* range = value.get<Range>()) {
    for (int64_t i = 0; i < range->size(); ++i) items.push_back(Value::integer(range->at(i)));
  } else if (const View* view = value.get<View>()) {
    for (const auto& [key, item] : view->dict->entries)
      items.push_back(view->part == Part::kKeys ? key : view->part == Part::kValues ? item : Value::tuple({key, item}));
  } else if (const auto* pointer = value.get<std::shared_ptr<Iterator>>()) {
    Iterator& iterator = **pointer;
    items.assign(iterator.items.begin() + static_cast<std::ptrdiff_t>(iterator.next), iterator.items.end());
    iterator.next = iterator.items.size();
  } else {
    throw Fault(fmt::format("'{}' object is not iterable", type_name(value)));
  }
  return items;
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.is_text() || value.as_sequence() != nullptr || value.as_dict() != nullptr ||
         value.get<Range>() != nullptr || value.get<View>() != nullptr || value.pointee<Iterator>() != nullptr ||
         value.pointee<Loop>() != nullptr;
}

int64_t length(const Value& value) {
  const auto size = [](size_t n) { return static_cast<int64_t>(n); };
  if (value.is_undefined()) return 0;
  if (const Sequence* sequence = value.as_sequence()) return size(sequence->items.size());
  if (const Dict* dict = value.as_dict()) return size(dict->entries.size());
  if (const Range* range = value.get<Range>()) return range->size();
  if (const View* view = value.get<View>()) return size(view->dict->entries.size());
  if (const Loop* loop = value.pointee<Loop>()) return size(loop->items.size());
  if (value.is_text()) {
    int64_t n = 0;
    for (const char c : value.utf8()) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return n;
  }
  throw Fault(fmt::format("object of type '{}' has no len()", type_name(value)));
}

void fail_undefined(const Value& undefined) {
  const Undefined* value = undefined.get<Undefined>();
  throw Fault(value != nullptr && value->hint ? *value->hint : "a value is undefined");
}

namespace {
Value from_json(const nlohmann::ordered_json& json, int depth) {
  if (depth >= kMaxValueDepth) throw Fault(fmt::format("JSON nested deeper than {}", kMaxValueDepth));
  switch (json.type()) {
    case nlohmann::ordered_json::value_t::null:
      return Value::none();
    case nlohmann::ordered_json::value_t::boolean:
      return Value::boolean(json.get<bool>());
    case nlohmann::ordered_json::value_t::number_integer:
      return Value::integer(json.get<int64_t>());
    case nlohmann::ordered_json::value_t::number_unsigned:
      if (json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        throw Fault(fmt::format("integer {} needs more than 64 bits", json.get<uint64_t>()));
      return Value::integer(json.get<int64_t>());
    case nlohmann::ordered_json::value_t::number_float:
      return Value::number(json.get<double>());
    case nlohmann::ordered_json::value_t::string: {
      const auto& text = json.get_ref<const std::string&>();
      if (!is_valid_utf8(text)) throw Fault("a JSON string is not valid UTF-8");
      return Value::text(text);
    }
    case nlohmann::ordered_json::value_t::array: {
      Items items;
      for (const auto& item : json) items.push_back(from_json(item, depth + 1));
      return Value::list(std::move(items));
    }
    case nlohmann::ordered_json::value_t::object: {
      Dict dict;
      for (const auto& [key, item] : json.items()) {
        if (!is_valid_utf8(key)) throw Fault("a JSON key is not valid UTF-8");
        dict.set(Value::text(key), from_json(item, depth + 1));
      }
      return Value::dict(std::move(dict));
    }
    default:
      throw Fault("a JSON value of a kind that JSON does not have");
  }
}
}  // namespace

Value from_json(const nlohmann::ordered_json& json) { return from_json(json, 0); }

}  // namespace fp8bench::jinja
