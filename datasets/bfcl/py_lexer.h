// Tokens of a Python 3.11 expression (docs.python.org, "Lexical analysis").
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/bfcl/py_value.h"

namespace fp8bench::python {

// The text is no Python expression (or one that is larger than Python itself takes).
class SyntaxError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Token {
  enum class Kind { kName, kKeyword, kConstant, kText, kFormatted, kOperator, kNewline, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // name (normalised), keyword or operator
  Value value;       // kConstant: a number; kText: string or bytes
  size_t begin = 0, end = 0;
};

// source: valid UTF-8. The last token is kEnd. Throws SyntaxError.
std::vector<Token> tokenize(std::string_view source);

}  // namespace fp8bench::python
