// The syntax tree of one Python 3.11 expression, as far as tool calls need it: what Python's ast.parse(text,
// mode="eval") takes is taken and what it refuses is refused; comprehensions, lambdas, f-strings and await are kept as
// source only.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "datasets/bfcl/py_lexer.h"

namespace fp8bench::python {

struct Node {
  enum class Kind {
    kConstant,  // value; text: "u" or empty, a prefix that is kept
    kEllipsis,
    kName,         // text
    kAttribute,    // children[0] . text
    kCall,         // children[0] (children[1...], keywords)
    kSubscript,    // children[0] [ children[1] ]
    kUnary,        // text children[0]
    kBinary,       // children[0] text children[1]
    kBool,         // children joined by text ("and", "or")
    kCompare,      // children[0] texts[0] children[1] ...
    kConditional,  // children[0] if children[1] else children[2]
    kNamed,        // children[0] := children[1]
    kList,
    kTuple,
    kSet,
    kDict,     // key, value, key, value; the key of **x is kNothing
    kStarred,  // * children[0]
    kKeyword,  // text = children[0]; text "": ** children[0]
    kSlice,    // children: lower, upper, step; kNothing where absent
    kNothing,
    kOpaque  // text: its source
  };
  Kind kind = Kind::kNothing;
  std::string text;
  std::vector<std::string> texts;
  Value value;
  std::vector<Node> children, keywords;
  int depth = 1;  // of the tree below, this node included

  bool is(Kind wanted) const { return kind == wanted; }
};

// source: valid UTF-8, lines end in \n. Throws SyntaxError; also for a tree deeper than 900 levels.
Node parse_expression(std::string_view source);

// As Python's ast.unparse writes it (an opaque part as its source).
std::string unparse(const Node& node);

}  // namespace fp8bench::python
