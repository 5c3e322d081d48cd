// The methods of str, apart from those of the containers because they are many.
#pragma once
#include <span>

#include "harness/text/jinja/filters.h"

namespace fp8bench::jinja {

std::span<const NamedFunction> text_methods();

}  // namespace fp8bench::jinja
