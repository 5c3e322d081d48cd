// The functions that every template sees: Jinja's own and the two that transformers adds.
#pragma once
#include <optional>
#include <string>

#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

// Fault for one that Jinja has and this does not (lipsum, cycler, joiner, self).
std::optional<Value> find_global(const std::string& name);

}  // namespace fp8bench::jinja
