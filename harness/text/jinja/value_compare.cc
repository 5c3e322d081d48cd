// ==, <, in and the hash of values, as Python defines them.
#include <fmt/format.h>

#include <cmath>

#include "harness/text/jinja/callable.h"
#include "harness/text/jinja/python_text.h"
#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {
namespace {

bool equal_items(const Items& a, const Items& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!equal(a[i], b[i])) return false;
  return true;
}

// Python compares int and float exactly; converting a large int to double would not.
int compare_numbers(const Value& a, const Value& b) {
  const auto x = a.as_int(), y = b.as_int();
  if (x && y) return *x < *y ? -1 : *x > *y;
  const auto exact = [](int64_t integer, double real) {
    if (std::isnan(real)) return 2;
    if (real >= 9223372036854775808.0) return -1;
    if (real < -9223372036854775808.0) return 1;
    const auto whole = static_cast<int64_t>(std::floor(real));
    if (integer != whole) return integer < whole ? -1 : 1;
    return real > std::floor(real) ? -1 : 0;
  };
  if (x) return exact(*x, *b.as_number());
  if (y) {
    const int reversed = exact(*y, *a.as_number());
    return reversed == 2 ? 2 : -reversed;
  }
  const double p = *a.as_number(), q = *b.as_number();
  if (std::isnan(p) || std::isnan(q)) return 2;  // unordered
  return p < q ? -1 : p > q;
}

}  // namespace

bool equal(const Value& a, const Value& b) {
  if (a.is_undefined() || b.is_undefined()) return a.is_undefined() && b.is_undefined();
  if (a.is_none() || b.is_none()) return a.is_none() && b.is_none();
  if (a.as_number() && b.as_number()) return compare_numbers(a, b) == 0;
  if (a.is_text() && b.is_text()) return a.utf8() == b.utf8();
  if (a.as_list() != nullptr && b.as_list() != nullptr) return equal_items(a.as_list()->items, b.as_list()->items);
  if (a.as_tuple() != nullptr && b.as_tuple() != nullptr) return equal_items(a.as_tuple()->items, b.as_tuple()->items);
  if (a.as_dict() != nullptr && b.as_dict() != nullptr) {
    if (a.as_dict()->entries.size() != b.as_dict()->entries.size()) return false;
    for (const auto& [key, value] : a.as_dict()->entries) {
      const Value* other = b.as_dict()->find(key);
      if (other == nullptr || !equal(value, *other)) return false;
    }
    return true;
  }
  if (a.get<Range>() != nullptr && b.get<Range>() != nullptr) return equal_items(iterate(a), iterate(b));
  if (a.get<View>() != nullptr && b.get<View>() != nullptr)
    throw Fault("comparing dict views is not supported; compare lists of them");
  const auto same = [&](auto pointer) {
    using Pointer = decltype(pointer);
    return a.get<Pointer>() != nullptr && b.get<Pointer>() != nullptr && *a.get<Pointer>() == *b.get<Pointer>();
  };
  return same(std::shared_ptr<Iterator>()) || same(std::shared_ptr<Namespace>()) ||
         same(std::shared_ptr<const Callable>()) || same(std::shared_ptr<Loop>());
}

int compare(const Value& a, const Value& b, const char* operation) {
  if (a.is_undefined()) fail_undefined(a);
  if (b.is_undefined()) fail_undefined(b);
  if (a.as_number() && b.as_number()) return compare_numbers(a, b);
  if (a.is_text() && b.is_text()) {
    const int order = a.utf8().compare(b.utf8());  // the byte order of UTF-8 is that of code points
    return order < 0 ? -1 : order > 0;
  }
  if ((a.as_list() != nullptr && b.as_list() != nullptr) || (a.as_tuple() != nullptr && b.as_tuple() != nullptr)) {
    const Items &x = a.as_sequence()->items, &y = b.as_sequence()->items;
    for (size_t i = 0; i < x.size() && i < y.size(); ++i)
      if (!equal(x[i], y[i])) return compare(x[i], y[i], operation);
    return x.size() < y.size() ? -1 : x.size() > y.size();
  }
  throw Fault(
      fmt::format("'{}' not supported between instances of '{}' and '{}'", operation, type_name(a), type_name(b)));
}

bool less(const Value& a, const Value& b) { return compare(a, b, "<") == -1; }

bool contains(const Value& container, const Value& item) {
  if (container.is_text()) {
    if (!item.is_text())
      throw Fault(fmt::format("'in <string>' requires string as left operand, not {}", type_name(item)));
    return find_bytes(container.utf8(), item.utf8()) != std::string_view::npos;
  }
  if (const Dict* dict = container.as_dict()) return dict->find(item) != nullptr;
  if (const View* view = container.get<View>(); view != nullptr && view->part == Part::kKeys)
    return view->dict->find(item) != nullptr;
  for (const Value& other : iterate(container))
    if (equal(item, other)) return true;
  return false;
}

std::string hash_key(const Value& value) {
  if (value.is_text()) return "s" + value.utf8();
  if (value.is_none()) return "N";
  if (value.is_undefined()) return "U";
  if (const auto integer = value.as_int()) return fmt::format("i{}", *integer);
  if (const double* real = value.get<double>()) {
    if (std::isfinite(*real) && *real == std::floor(*real) && std::abs(*real) < 9e18)
      return fmt::format("i{}", static_cast<int64_t>(*real));
    return fmt::format("f{}", *real);
  }
  if (const Tuple* tuple = value.as_tuple()) {
    std::string key = "t";
    for (const Value& item : tuple->items) {
      const std::string part = hash_key(item);
      key += fmt::format("{}:{}", part.size(), part);
    }
    return key;
  }
  throw Fault(fmt::format("unhashable type: '{}'", type_name(value)));
}

}  // namespace fp8bench::jinja
