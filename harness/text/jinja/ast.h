// A template after parsing: statements that print, and the expressions inside them.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/text/jinja/callable.h"
#include "harness/text/jinja/value.h"

namespace fp8bench::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr star, star_star;  // *args, **kwargs
};

enum class Operator {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn
};

struct Expression {
  enum class Kind {
    kConstant,     // constant
    kName,         // name
    kList,         // parts
    kTuple,        // parts
    kDict,         // parts: key, value, key, value ...
    kAttribute,    // parts[0].name
    kSubscript,    // parts[0][parts[1]]
    kSlice,        // parts[0] : parts[1] : parts[2], each may be null; only as the index of a subscript
    kCall,         // parts[0](arguments)
    kFilter,       // parts[0] | name(arguments); parts[0] is null where a block is filtered
    kTest,         // parts[0] is name(arguments)
    kNot,          // parts[0]
    kNegate,       // -parts[0]
    kPlus,         // +parts[0]
    kBinary,       // parts[0] operators[0] parts[1]
    kCompare,      // parts[0] operators[0] parts[1] operators[1] parts[2] ...
    kConcatenate,  // parts joined by ~
    kAnd,          // parts[0] and parts[1]
    kOr,           // parts[0] or parts[1]
    kConditional   // parts[1] if parts[0] else parts[2]; parts[2] may be null
  };
  Kind kind;
  int line = 0;
  int height = 1;  // of the tree below: bounds every recursion over it
  std::string name;
  Value constant;
  std::vector<ExpressionPtr> parts;
  std::vector<Operator> operators;
  std::unique_ptr<CallArguments> arguments;
  Function function = nullptr;  // of a filter or test
};

// What `set`, `for` and `with` assign to: a name, an attribute of a namespace, or several of them.
struct Target {
  int line = 0;
  std::string name;           // empty: `parts`
  std::string attribute;      // of the namespace `name`
  std::vector<Target> parts;  // a, b
};

struct Parameter {
  std::string name;
  ExpressionPtr fallback;  // the default value; may be null
};

struct Statement;
using Block = std::vector<Statement>;

struct Macro {
  std::string name;
  int line = 0;
  std::vector<Parameter> parameters;
  Block body;
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;  // the body names them
};

struct Statement {
  enum class Kind {
    kText,         // text
    kPrint,        // values
    kSet,          // target = values[0]
    kSetBlock,     // target = what body prints, through filter
    kIf,           // values[i] decides for branches[i]; otherwise
    kFor,          // target in values[0], if condition, recursive; body, otherwise
    kMacro,        // macro
    kCallBlock,    // values[0] is a call; macro is its caller
    kFilterBlock,  // what body prints, through filter
    kWith,         // targets[i] = values[i]; body
    kGeneration,   // body: the assistant's own text, marked for training
    kBreak,
    kContinue
  };
  Kind kind;
  int line = 0;
  std::string text;
  Target target;
  std::vector<Target> targets;
  std::vector<ExpressionPtr> values;
  ExpressionPtr condition, filter;
  bool recursive = false;
  Block body, otherwise;
  std::vector<Block> branches;
  std::unique_ptr<Macro> macro;
};

}  // namespace fp8bench::jinja
