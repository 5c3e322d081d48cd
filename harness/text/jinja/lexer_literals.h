// Names, numbers and strings inside a tag.
#pragma once
#include <string>
#include <string_view>

#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

// Bytes of the identifier at `at`, 0 if there is none. Only ASCII ones: what else Python takes is refused.
size_t name_length(std::string_view source, size_t at);

struct NumberLiteral {
  size_t bytes = 0;
  Value value;
  std::string error;  // empty: it is good
};
// `text` begins with a digit. After a dot ("items.0.1") there are only integers.
NumberLiteral read_number(std::string_view text, bool after_dot);

// What stands between the quotes, with Python's escapes replaced; sets `error` if one is broken or not supported.
std::string unescape(std::string_view text, std::string& error);

}  // namespace fp8bench::jinja
