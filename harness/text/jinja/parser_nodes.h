// Making the nodes of an expression's tree.
#pragma once
#include <utility>

#include "harness/text/jinja/ast.h"

namespace fp8bench::jinja {

inline ExpressionPtr make_node(Expression::Kind kind, int line) {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->line = line;
  return node;
}
inline ExpressionPtr make_node(Expression::Kind kind, int line, ExpressionPtr first) {
  ExpressionPtr node = make_node(kind, line);
  node->parts.push_back(std::move(first));
  return node;
}
inline ExpressionPtr make_node(Expression::Kind kind, int line, ExpressionPtr first, ExpressionPtr second) {
  ExpressionPtr node = make_node(kind, line, std::move(first));
  node->parts.push_back(std::move(second));
  return node;
}
inline ExpressionPtr make_constant(Value value, int line) {
  ExpressionPtr node = make_node(Expression::Kind::kConstant, line);
  node->constant = std::move(value);
  return node;
}

}  // namespace fp8bench::jinja
