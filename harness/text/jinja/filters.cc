#include "harness/text/jinja/filters.h"

namespace fp8bench::jinja {

Function find_filter(const std::string& name) {
  for (const auto* table : {&text_filters(), &value_filters(), &sequence_filters(), &attribute_filters()})
    for (const NamedFunction& filter : *table)
      if (name == filter.name) return filter.function;
  return nullptr;
}

}  // namespace fp8bench::jinja
