// The values of a template, with the meaning that Python gives them: None, bool, int (64 bits here: overflow is an
// error), float, str (UTF-8, indexed by code point), list, tuple, dict (insertion order), range, the views and one-pass
// iterators that dict methods and filters return, namespace(), callables and Jinja's undefined.
// Everything but a namespace, an iterator's position and a loop is immutable: so is transformers' sandbox.
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace fp8bench::jinja {

// What goes wrong in an operation on values; the renderer adds the template's name and the line and throws InputError.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Value;
struct Callable;
struct Loop;
using Items = std::vector<Value>;

struct Undefined {
  std::shared_ptr<const std::string> hint;  // what the message says when it is used: "'x' is undefined"
};
struct None {};
struct Text {
  std::shared_ptr<const std::string> utf8;
  bool markup = false;  // came from |safe or |escape: text joined to it is HTML-escaped, as markupsafe does
};
// How much a walk over a value has to visit. Both are bounded, so that no recursion over a value overflows the stack,
// and none over one that holds the same list many times goes on for ever.
struct Extent {
  int depth = 1;       // of nesting
  int64_t weight = 1;  // parts in all, a part that is held twice counted twice; text counts 1 for every 64 bytes
  void hold(const Extent& part);  // Fault beyond kMaxDepth, kMaxWeight
};
inline constexpr int kMaxValueDepth = 400;
inline constexpr int64_t kMaxValueWeight = 1 << 24;

struct Sequence {
  Items items;
  Extent extent;
};
struct List : Sequence {};
struct Tuple : Sequence {};
struct Dict {
  std::vector<std::pair<Value, Value>> entries;   // in order of insertion
  std::unordered_map<std::string, size_t> index;  // hash_key() of the key -> place in `entries`
  Extent extent;
  const Value* find(const Value& key) const;  // null when absent; Fault if the key is unhashable
  const Value* find(std::string_view key) const;
  void set(Value key, Value value);  // only while the dict is made; a known key keeps its place
};
struct Range {
  int64_t start = 0, stop = 0, step = 1;
  int64_t size() const;
  int64_t at(int64_t i) const { return start + i * step; }
};
enum class Part { kKeys, kValues, kItems };
struct View {
  std::shared_ptr<const Dict> dict;
  Part part = Part::kKeys;
};
struct Iterator {  // a generator or another one-pass iterator: its items are there already, its position moves
  Items items;
  size_t next = 0;
  Extent extent;
};
struct Namespace {
  Dict attributes;
};

class Value {
 public:
  using Storage =
      std::variant<Undefined, None, bool, int64_t, double, Text, std::shared_ptr<const List>,
                   std::shared_ptr<const Tuple>, std::shared_ptr<const Dict>, Range, View, std::shared_ptr<Iterator>,
                   std::shared_ptr<Namespace>, std::shared_ptr<const Callable>, std::shared_ptr<Loop>>;

  Value() : storage_(Undefined{}) {}
  Value(Storage storage) : storage_(std::move(storage)) {}  // NOLINT: every alternative is a value
  static Value undefined(std::string hint);
  static Value none() { return Value(Storage(None{})); }
  static Value boolean(bool value) { return Value(Storage(value)); }
  static Value integer(int64_t value) { return Value(Storage(value)); }
  static Value number(double value) { return Value(Storage(value)); }
  static Value text(std::string utf8, bool markup = false);
  static Value list(Items items);
  static Value tuple(Items items);
  static Value dict(Dict dict);
  static Value iterator(Items items);

  template <class T>
  const T* get() const {
    return std::get_if<T>(&storage_);
  }
  template <class T>
  const T* pointee() const {  // of the alternatives that are pointers
    const std::shared_ptr<T>* pointer = std::get_if<std::shared_ptr<T>>(&storage_);
    return pointer != nullptr ? pointer->get() : nullptr;
  }

  bool is_undefined() const { return get<Undefined>() != nullptr; }
  bool is_none() const { return get<None>() != nullptr; }
  bool is_text() const { return get<Text>() != nullptr; }
  bool is_markup() const { return is_text() && get<Text>()->markup; }
  const std::string& utf8() const { return *std::get<Text>(storage_).utf8; }
  const List* as_list() const { return pointee<const List>(); }
  const Tuple* as_tuple() const { return pointee<const Tuple>(); }
  const Dict* as_dict() const { return pointee<const Dict>(); }
  const Sequence* as_sequence() const;      // list or tuple
  std::optional<int64_t> as_int() const;    // an int or a bool, which is one in Python
  std::optional<double> as_number() const;  // int, bool or float

 private:
  Storage storage_;
};

bool truthy(const Value& value);
const char* type_name(const Value& value);  // as Python's type(value).__name__
Extent extent(const Value& value);
inline int64_t value_weight(const Value& value) { return extent(value).weight; }

bool equal(const Value& a, const Value& b);                          // ==, which compares any two values
int compare(const Value& a, const Value& b, const char* operation);  // -1, 0, 1; Fault where Python raises TypeError
bool less(const Value& a, const Value& b);                           // <
bool contains(const Value& container, const Value& item);            // item in container
std::string hash_key(const Value& value);  // equal keys of a dict have equal ones; Fault if unhashable

// The items of anything that can be iterated, a str's being its code points. An iterator is used up by it. Fault else.
Items iterate(const Value& value);
bool is_iterable(const Value& value);
// len(); Fault where Python raises TypeError.
int64_t length(const Value& value);

[[noreturn]] void fail_undefined(const Value& undefined);

// JSON, as json.loads would give it; integers beyond 64 bits and nesting beyond kMaxValueDepth are Faults.
Value from_json(const nlohmann::ordered_json& json);

}  // namespace fp8bench::jinja
