#include "datasets/bfcl/py_parser_impl.h"

namespace fp8bench::python {

Node parse_expression(std::string_view source) { return Parser(source).run(); }

}  // namespace fp8bench::python
