// The attributes that Python's types have: methods that a template may call, those that the sandbox forbids because
// they change their object, and those that are known but not supported here.
#pragma once
#include <optional>
#include <string>

#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

// The method, bound to its object; an undefined value for a forbidden one (calling it is an error); nothing if the type
// has no attribute of that name. Fault for one that exists in Python but not here.
std::optional<Value> bound_method(const Value& value, const std::string& name);

}  // namespace fp8bench::jinja
