// What can be called, and with what: built-in functions, filters, tests and bound methods share one signature.
#pragma once
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

class Machine;
struct Macro;
struct Scope;
struct Statement;

// The arguments of one call, evaluated.
struct Arguments {
  Items positional;
  std::vector<std::pair<std::string, Value>> named;

  // The values of the parameters, in their order; null where none is given. Fault for one too many, an unknown name,
  // two values for one parameter or a missing one among the first `required`.
  std::vector<const Value*> bind(const std::string& function, std::initializer_list<const char*> parameters,
                                 size_t required = 0) const;
  // The same for functions that take no names.
  std::vector<const Value*> bind_positional(const std::string& function, size_t required, size_t most) const;
};

// `subject` is the filtered or tested value, or the receiver of a method; undefined for a function.
using Function = Value (*)(Machine& machine, const Value& subject, const Arguments& arguments);

struct Callable {
  std::string name;
  Function function = nullptr;   // built in
  Value receiver;                // of a bound method
  const Macro* macro = nullptr;  // or a macro, or the body of a {% call %}
  std::shared_ptr<Scope> scope;  // that the macro was defined in
};

// `loop` inside a {% for %}. The condition of the loop (`for x in y if c`) is asked when an item is needed, not before.
struct Loop {
  Items source;
  size_t source_next = 0;
  std::function<bool(const Value&)> accepts;  // empty: everything
  Items items;                                // accepted so far
  size_t index0 = 0;
  int64_t depth0 = 0;
  std::vector<Value> last_changed;
  bool changed_called = false;
  const Statement* recursive = nullptr;  // the {% for ... recursive %} that loop(...) runs again
  std::shared_ptr<Scope> scope;          // around that statement

  bool has(size_t index);  // asks for items up to this one
  void fetch_all();
};

}  // namespace fp8bench::jinja
