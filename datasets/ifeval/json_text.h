// Whether Python's json.loads takes a text: JSON, and NaN, Infinity, -Infinity, lone surrogates and repeated keys, but
// no control character in a string and no whole number of more than 4300 digits.
#pragma once
#include <string_view>

namespace fp8bench::python {

// Any bytes. Nesting deeper than 990 levels, where json.loads raises RecursionError, is not taken.
bool json_loads(std::string_view text);

}  // namespace fp8bench::python
