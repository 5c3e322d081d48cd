// Numbers and strings of Python source.
#pragma once
#include <string_view>

#include "datasets/bfcl/py_value.h"

namespace fp8bench::python {

bool is_text_prefix(std::string_view word);  // r, b, u, f, rb, fr ... in any case

// Both begin at `at` and move behind what they read. Throw SyntaxError.
Value read_number(std::string_view source, size_t& at);
// at is at the quotation mark. formatted: an f-string, whose value is not worked out.
Value read_text(std::string_view source, size_t& at, std::string_view prefix, bool& formatted);

}  // namespace fp8bench::python
