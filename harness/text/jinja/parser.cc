// The expressions. Each function reads one level of precedence, the loosest first.
#include "harness/text/jinja/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/text/jinja/parser_nodes.h"

namespace fp8bench::jinja {
namespace {

using Kind = Expression::Kind;

ExpressionPtr make_binary(Operator operation, int line, ExpressionPtr first, ExpressionPtr second) {
  ExpressionPtr node = make_node(Kind::kBinary, line, std::move(first), std::move(second));
  node->operators.push_back(operation);
  return node;
}

}  // namespace

ExpressionPtr Parser::parse_tuple(bool with_conditional, const char* end_name, bool in_parentheses) {
  const int line = current().line;
  std::vector<ExpressionPtr> parts;
  bool is_tuple = false;
  while (true) {
    if (!parts.empty()) expect_operator(",");
    const Token::Kind kind = current().kind;
    if (kind == Token::Kind::kPrintEnd || kind == Token::Kind::kBlockEnd || is_operator(")") ||
        (end_name != nullptr && is_name(end_name)))
      break;
    parts.push_back(parse_expression(with_conditional));
    if (!is_operator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && parts.size() == 1) return std::move(parts.front());
  if (!is_tuple && !in_parentheses) fail_unexpected("an expression");
  ExpressionPtr node = make_node(Kind::kTuple, line);
  node->parts = std::move(parts);
  deepen(*node, line);
  return node;
}

ExpressionPtr Parser::parse_expression(bool with_conditional) {
  const Nested nested(*this);
  return with_conditional ? parse_conditional() : parse_or();
}

ExpressionPtr Parser::parse_conditional() {
  const Nested nested(*this);
  ExpressionPtr value = parse_or();
  int line = current().line;
  while (skip_name("if")) {
    ExpressionPtr condition = parse_or();
    ExpressionPtr otherwise = skip_name("else") ? parse_conditional() : nullptr;
    value = make_node(Kind::kConditional, line, std::move(condition), std::move(value));
    value->parts.push_back(std::move(otherwise));
    deepen(*value, line);
    line = current().line;
  }
  return value;
}

ExpressionPtr Parser::parse_or() {
  ExpressionPtr left = parse_and();
  while (is_name("or")) {
    const int line = next().line;
    left = make_node(Kind::kOr, line, std::move(left), parse_and());
    deepen(*left, line);
  }
  return left;
}

ExpressionPtr Parser::parse_and() {
  ExpressionPtr left = parse_not();
  while (is_name("and")) {
    const int line = next().line;
    left = make_node(Kind::kAnd, line, std::move(left), parse_not());
    deepen(*left, line);
  }
  return left;
}

ExpressionPtr Parser::parse_not() {
  if (!is_name("not")) return parse_compare();
  const Nested nested(*this);
  const int line = next().line;
  ExpressionPtr node = make_node(Kind::kNot, line, parse_not());
  deepen(*node, line);
  return node;
}

ExpressionPtr Parser::parse_compare() {
  static constexpr std::array<std::pair<const char*, Operator>, 6> kOperators = {{{"==", Operator::kEqual},
                                                                                  {"!=", Operator::kNotEqual},
                                                                                  {"<", Operator::kLess},
                                                                                  {"<=", Operator::kLessEqual},
                                                                                  {">", Operator::kGreater},
                                                                                  {">=", Operator::kGreaterEqual}}};
  const int line = current().line;
  ExpressionPtr first = parse_sum();
  std::vector<Operator> operators;
  std::vector<ExpressionPtr> operands;
  while (true) {
    const auto found =
        std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& o) { return is_operator(o.first); });
    if (found != kOperators.end()) {
      next();
      operators.push_back(found->second);
    } else if (skip_name("in")) {
      operators.push_back(Operator::kIn);
    } else if (is_name("not") && ahead().kind == Token::Kind::kName && ahead().text == "in") {
      next();
      next();
      operators.push_back(Operator::kNotIn);
    } else {
      break;
    }
    operands.push_back(parse_sum());
  }
  if (operators.empty()) return first;
  ExpressionPtr node = make_node(Kind::kCompare, line, std::move(first));
  node->operators = std::move(operators);
  for (ExpressionPtr& operand : operands) node->parts.push_back(std::move(operand));
  deepen(*node, line);
  return node;
}

ExpressionPtr Parser::parse_sum() {
  ExpressionPtr left = parse_concatenation();
  while (is_operator("+") || is_operator("-")) {
    const Token token = next();
    left = make_binary(token.text == "+" ? Operator::kAdd : Operator::kSubtract, token.line, std::move(left),
                       parse_concatenation());
    deepen(*left, token.line);
  }
  return left;
}

ExpressionPtr Parser::parse_concatenation() {
  const int line = current().line;
  ExpressionPtr first = parse_product();
  if (!is_operator("~")) return first;
  ExpressionPtr node = make_node(Kind::kConcatenate, line, std::move(first));
  while (skip_operator("~")) node->parts.push_back(parse_product());
  deepen(*node, line);
  return node;
}

ExpressionPtr Parser::parse_product() {
  static constexpr std::array<std::pair<const char*, Operator>, 4> kOperators = {
      {{"*", Operator::kMultiply}, {"/", Operator::kDivide}, {"//", Operator::kFloorDivide}, {"%", Operator::kModulo}}};
  ExpressionPtr left = parse_power();
  while (true) {
    const auto found =
        std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& o) { return is_operator(o.first); });
    if (found == kOperators.end()) return left;
    const int line = next().line;
    left = make_binary(found->second, line, std::move(left), parse_power());
    deepen(*left, line);
  }
}

ExpressionPtr Parser::parse_power() {
  ExpressionPtr left = parse_unary();
  while (is_operator("**")) {
    const int line = next().line;
    left = make_binary(Operator::kPower, line, std::move(left), parse_unary());
    deepen(*left, line);
  }
  return left;
}

ExpressionPtr Parser::parse_unary(bool with_filter) {
  const Nested nested(*this);
  ExpressionPtr node;
  if (is_operator("-") || is_operator("+")) {
    const Token token = next();
    node = make_node(token.text == "-" ? Kind::kNegate : Kind::kPlus, token.line, parse_unary(false));
    deepen(*node, token.line);
  } else {
    node = parse_primary();
  }
  node = parse_postfix(std::move(node));
  return with_filter ? parse_filters_and_tests(std::move(node)) : std::move(node);
}

ExpressionPtr Parser::parse_primary() {
  const Token token = next();
  switch (token.kind) {
    case Token::Kind::kName: {
      if (token.text == "true" || token.text == "True") return make_constant(Value::boolean(true), token.line);
      if (token.text == "false" || token.text == "False") return make_constant(Value::boolean(false), token.line);
      if (token.text == "none" || token.text == "None") return make_constant(Value::none(), token.line);
      ExpressionPtr node = make_node(Kind::kName, token.line);
      node->name = token.text;
      note_name(token.text);
      return node;
    }
    case Token::Kind::kNumber:
      return make_constant(token.number, token.line);
    case Token::Kind::kString: {
      std::string text = token.text;
      while (current().kind == Token::Kind::kString) text += next().text;
      return make_constant(Value::text(std::move(text)), token.line);
    }
    case Token::Kind::kOperator:
      break;
    default:
      --at_;
      fail_unexpected("an expression");
  }
  if (token.text == "(") {
    ExpressionPtr node = parse_tuple(true, nullptr, true);
    expect_operator(")");
    return node;
  }
  if (token.text == "[" || token.text == "{") {
    const bool is_list = token.text == "[";
    const char* close = is_list ? "]" : "}";
    ExpressionPtr node = make_node(is_list ? Kind::kList : Kind::kDict, token.line);
    while (!is_operator(close)) {
      if (!node->parts.empty()) expect_operator(",");
      if (is_operator(close)) break;
      node->parts.push_back(parse_expression());
      if (is_list) continue;
      expect_operator(":");
      node->parts.push_back(parse_expression());
    }
    next();
    deepen(*node, token.line);
    return node;
  }
  --at_;
  fail_unexpected("an expression");
}

}  // namespace fp8bench::jinja
