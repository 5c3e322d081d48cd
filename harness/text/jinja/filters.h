// The filters of Jinja 3.1 that make sense in plain text, and transformers' own tojson. What is not in the table is
// unknown; what is there does what Jinja's does.
#pragma once
#include <string>

#include "harness/text/jinja/callable.h"

namespace fp8bench::jinja {

struct NamedFunction {
  const char* name;
  Function function;
};

Function find_filter(const std::string& name);  // null if there is none

// The table's parts: text (filters_text.cc), numbers and JSON (filters_values.cc), sequences (filters_sequence.cc),
// and filters that take an attribute, a test or another filter (filters_attribute.cc).
const std::vector<NamedFunction>& text_filters();
const std::vector<NamedFunction>& value_filters();
const std::vector<NamedFunction>& sequence_filters();
const std::vector<NamedFunction>& attribute_filters();

}  // namespace fp8bench::jinja
