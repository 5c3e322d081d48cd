#include <fmt/core.h>

#include <algorithm>

#include "datasets/bfcl/py_parser.h"

namespace fp8bench::python {
namespace {

using Kind = Node::Kind;

// How tightly a part binds; a part that stands where something tighter is wanted gets brackets.
enum Level {
  kNamedLevel,
  kTest = 3,
  kOr,
  kAnd,
  kNot,
  kCompareLevel,
  kBitOr,
  kBitXor,
  kBitAnd,
  kShift,
  kSum,
  kTerm,
  kFactor,
  kPower,
  kAwait,
  kAtom
};

Level binary_level(std::string_view op) {
  if (op == "|") return kBitOr;
  if (op == "^") return kBitXor;
  if (op == "&") return kBitAnd;
  if (op == "<<" || op == ">>") return kShift;
  if (op == "+" || op == "-") return kSum;
  return op == "**" ? kPower : kTerm;
}

Level above(Level level) { return level == kAtom ? kAtom : static_cast<Level>(level + 1); }

std::string write(const Node& node, Level wanted = kTest);

std::string bracketed(std::string text, Level own, Level wanted) {
  return wanted > own ? fmt::format("({})", text) : text;
}

std::string list(const std::vector<Node>& items, size_t from = 0) {
  std::string out;
  for (size_t i = from; i < items.size(); ++i) out += fmt::format("{}{}", i == from ? "" : ", ", write(items[i]));
  return out;
}

std::string tuple_items(const Node& node) {
  return fmt::format("{}{}", list(node.children), node.children.size() == 1 ? "," : "");
}

std::string call(const Node& node) {
  std::string arguments = list(node.children, 1);
  for (const Node& keyword : node.keywords) {
    if (!arguments.empty()) arguments += ", ";
    arguments += keyword.text.empty() ? "**" : fmt::format("{}=", keyword.text);
    arguments += write(keyword.children[0]);
  }
  return fmt::format("{}({})", write(node.children[0], kAtom), arguments);
}

std::string dictionary(const Node& node) {
  std::string out;
  for (size_t i = 0; i < node.children.size(); i += 2) {
    if (i > 0) out += ", ";
    if (node.children[i].is(Kind::kNothing))
      out += fmt::format("**{}", write(node.children[i + 1], kBitOr));
    else
      out += fmt::format("{}: {}", write(node.children[i]), write(node.children[i + 1]));
  }
  return fmt::format("{{{}}}", out);
}

std::string binary(const Node& node, Level wanted) {
  const Level own = binary_level(node.text);
  const bool power = node.text == "**";
  return bracketed(fmt::format("{} {} {}", write(node.children[0], power ? above(own) : own), node.text,
                               write(node.children[1], power ? own : above(own))),
                   own, wanted);
}

std::string unary(const Node& node, Level wanted) {
  const Level own = node.text == "not" ? kNot : kFactor;
  return bracketed(fmt::format("{}{}{}", node.text, own == kNot ? " " : "", write(node.children[0], own)), own, wanted);
}

// Each part of a chain is written one level tighter than the one before it, as ast.unparse does.
std::string boolean(const Node& node, Level wanted) {
  const Level own = node.text == "or" ? kOr : kAnd;
  std::string out;
  Level part = own;
  for (size_t i = 0; i < node.children.size(); ++i) {
    part = above(part);
    if (i > 0) out += fmt::format(" {} ", node.text);
    out += write(node.children[i], part);
  }
  return bracketed(std::move(out), part, wanted);
}

std::string compare(const Node& node, Level wanted) {
  std::string out = write(node.children[0], kBitOr);
  for (size_t i = 0; i < node.texts.size(); ++i)
    out += fmt::format(" {} {}", node.texts[i], write(node.children[i + 1], kBitOr));
  return bracketed(std::move(out), kCompareLevel, wanted);
}

std::string attribute(const Node& node) {
  const Node& owner = node.children[0];
  const bool whole = owner.is(Kind::kConstant) && owner.value.is(Value::Type::kInt);
  return fmt::format("{}{}.{}", write(owner, kAtom), whole ? " " : "", node.text);
}

std::string slice(const Node& node) {
  const auto part = [&](size_t i) { return node.children[i].is(Kind::kNothing) ? "" : write(node.children[i]); };
  std::string out = fmt::format("{}:{}", part(0), part(1));
  return node.children[2].is(Kind::kNothing) ? out : fmt::format("{}:{}", out, part(2));
}

std::string subscript(const Node& node) {
  const Node& index = node.children[1];
  const bool items = index.is(Kind::kTuple) && !index.children.empty();
  return fmt::format("{}[{}]", write(node.children[0], kAtom), items ? tuple_items(index) : write(index));
}

std::string constant(const Value& value) {
  std::string text = repr(value);
  if (value.is(Value::Type::kFloat) || value.is(Value::Type::kComplex)) {
    // An infinite number has no literal of its own.
    for (size_t at = text.find("inf"); at != std::string::npos; at = text.find("inf", at + 5))
      text.replace(at, 3, "1e309");
  }
  return text;
}

std::string write(const Node& node, Level wanted) {
  switch (node.kind) {
    case Kind::kConstant:
      return fmt::format("{}{}", node.text, constant(node.value));
    case Kind::kEllipsis:
      return "...";
    case Kind::kAttribute:
      return attribute(node);
    case Kind::kCall:
      return call(node);
    case Kind::kSubscript:
      return subscript(node);
    case Kind::kUnary:
      return unary(node, wanted);
    case Kind::kBinary:
      return binary(node, wanted);
    case Kind::kBool:
      return boolean(node, wanted);
    case Kind::kCompare:
      return compare(node, wanted);
    case Kind::kConditional:
      return bracketed(fmt::format("{} if {} else {}", write(node.children[0], kOr), write(node.children[1], kOr),
                                   write(node.children[2], kTest)),
                       kTest, wanted);
    case Kind::kNamed:
      return fmt::format("({} := {})", write(node.children[0], kAtom), write(node.children[1], kAtom));
    case Kind::kList:
      return fmt::format("[{}]", list(node.children));
    case Kind::kTuple:
      return fmt::format("({})", tuple_items(node));
    case Kind::kSet:
      return fmt::format("{{{}}}", list(node.children));
    case Kind::kDict:
      return dictionary(node);
    case Kind::kStarred:
      return fmt::format("*{}", write(node.children[0], kBitOr));
    case Kind::kSlice:
      return slice(node);
    default:
      return node.text;
  }
}

}  // namespace

std::string unparse(const Node& node) { return write(node); }

}  // namespace fp8bench::python
