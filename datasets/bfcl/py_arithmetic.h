// Arithmetic on constants, as Python's eval works it out: 2 * 3, 1 / 4, "a" + "b", [0] * 3.
#pragma once
#include "datasets/bfcl/py_parser.h"

namespace fp8bench::python {

// A binary operation or a constant below one. Throws SyntaxError where eval would raise, for names and calls (nothing
// is looked up), and for whole numbers beyond 127 bits.
Value evaluate(const Node& node);

}  // namespace fp8bench::python
