// The tests after `is`.
#pragma once
#include <string>

#include "harness/text/jinja/callable.h"

namespace fp8bench::jinja {

Function find_is_test(const std::string& name);  // null if there is none; returns a bool

}  // namespace fp8bench::jinja
