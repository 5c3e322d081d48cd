// Template source -> tokens, with the whitespace rules that transformers sets (trim_blocks and lstrip_blocks, no
// newline at the end), comments and raw blocks already applied.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

struct Token {
  enum class Kind { kText, kPrintBegin, kPrintEnd, kBlockBegin, kBlockEnd, kName, kString, kNumber, kOperator, kEnd };
  Kind kind;
  int line;
  std::string text;  // text, name, operator, or the string without quotes and escapes
  Value number;
};

// Throws Fault; its message begins with the line number: "12: ...".
std::vector<Token> tokenize(std::string_view source);

}  // namespace fp8bench::jinja
