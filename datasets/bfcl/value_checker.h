// Whether one argument has the type of its schema and one of the accepted values.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include "datasets/bfcl/py_value.h"

namespace fp8bench::bfcl {

// The official checker would raise here: the entry of the data set is not of the form that it expects.
class CheckerRaises : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;  // "KeyError", "TypeError", "AttributeError"
};

// schema: the argument's entry of "properties" ({"type": "array", "items": {"type": "string"}}); accepted: a list.
// Returns the error type, "" if the value is right. Throws CheckerRaises.
std::string argument_error(const python::Value& schema, python::Value value, const python::Value& accepted);

// Without " ,./-_*^", in lower case, ' as ".
std::string standard_text(std::string_view text);

}  // namespace fp8bench::bfcl
