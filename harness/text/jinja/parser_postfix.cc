// What follows a value: subscripts, calls, filters and tests.
#include <fmt/format.h>

#include <algorithm>

#include "harness/text/jinja/filters.h"
#include "harness/text/jinja/is_tests.h"
#include "harness/text/jinja/parser.h"
#include "harness/text/jinja/parser_nodes.h"

namespace fp8bench::jinja {

namespace {
using Kind = Expression::Kind;
}

ExpressionPtr Parser::parse_postfix(ExpressionPtr node) {
  while (true) {
    const int line = current().line;
    if (is_operator(".") || is_operator("["))
      node = parse_subscript(std::move(node));
    else if (is_operator("("))
      node = parse_call(std::move(node));
    else
      return node;
    deepen(*node, line);
  }
}

ExpressionPtr Parser::parse_filters_and_tests(ExpressionPtr node) {
  while (true) {
    const int line = current().line;
    if (is_operator("|"))
      node = parse_filter(std::move(node));
    else if (is_name("is"))
      node = parse_test(std::move(node));
    else if (is_operator("("))
      node = parse_call(std::move(node));
    else
      return node;
    deepen(*node, line);
  }
}

// At the bar, or, with a null `node`, at the name of the first filter of a block.
ExpressionPtr Parser::parse_filter(ExpressionPtr node) {
  bool first = node == nullptr && !is_operator("|");
  while (first || is_operator("|")) {
    if (!first) next();
    first = false;
    const int line = current().line;
    const std::string name = expect_any_name("the name of a filter");
    node = make_node(Kind::kFilter, line, std::move(node));
    node->name = name;
    node->function = find_filter(name);
    if (node->function == nullptr) fail(line, fmt::format("unknown filter '{}'", name));
    node->arguments = is_operator("(") ? parse_arguments() : std::make_unique<CallArguments>();
    deepen(*node, line);
  }
  return node;
}

ExpressionPtr Parser::parse_test(ExpressionPtr node) {
  const int line = next().line;
  const bool negated = skip_name("not");
  ExpressionPtr test = make_node(Kind::kTest, line, std::move(node));
  test->name = expect_any_name("the name of a test");
  test->function = find_is_test(test->name);
  if (test->function == nullptr) fail(line, fmt::format("unknown test '{}'", test->name));
  const Token::Kind kind = current().kind;
  const bool argument_follows = (kind == Token::Kind::kName && !is_name("else") && !is_name("or") && !is_name("and")) ||
                                kind == Token::Kind::kString || kind == Token::Kind::kNumber || is_operator("[") ||
                                is_operator("{");
  if (is_operator("(")) {
    test->arguments = parse_arguments();
  } else {
    test->arguments = std::make_unique<CallArguments>();
    if (argument_follows) {
      if (is_name("is")) fail(line, "tests cannot be chained with is");
      test->arguments->positional.push_back(parse_postfix(parse_primary()));
    }
  }
  if (!negated) return test;
  deepen(*test, line);
  return make_node(Kind::kNot, line, std::move(test));
}

ExpressionPtr Parser::parse_subscript(ExpressionPtr node) {
  const Token token = next();
  if (token.text == ".") {
    const Token attribute = next();
    if (attribute.kind == Token::Kind::kName) {
      ExpressionPtr result = make_node(Kind::kAttribute, token.line, std::move(node));
      result->name = attribute.text;
      return result;
    }
    if (attribute.kind != Token::Kind::kNumber || attribute.number.get<int64_t>() == nullptr) {
      --at_;
      fail_unexpected("a name or an integer after the dot");
    }
    return make_node(Kind::kSubscript, token.line, std::move(node), make_constant(attribute.number, attribute.line));
  }
  std::vector<ExpressionPtr> indexes;
  while (!is_operator("]")) {
    if (!indexes.empty()) expect_operator(",");
    indexes.push_back(parse_index());
  }
  next();
  if (indexes.size() == 1) return make_node(Kind::kSubscript, token.line, std::move(node), std::move(indexes.front()));
  fail(token.line, "a subscript takes one index");
}

ExpressionPtr Parser::parse_index() {
  const int line = current().line;
  ExpressionPtr first = is_operator(":") ? nullptr : parse_expression();
  if (!skip_operator(":")) return first;
  const auto bound = [&]() -> ExpressionPtr {
    return is_operator(":") || is_operator("]") || is_operator(",") ? nullptr : parse_expression();
  };
  ExpressionPtr slice = make_node(Kind::kSlice, line, std::move(first), bound());
  slice->parts.push_back(skip_operator(":") ? bound() : nullptr);
  deepen(*slice, line);
  return slice;
}

ExpressionPtr Parser::parse_call(ExpressionPtr node) {
  ExpressionPtr call = make_node(Kind::kCall, current().line, std::move(node));
  call->arguments = parse_arguments();
  return call;
}

std::unique_ptr<CallArguments> Parser::parse_arguments() {
  const int line = current().line;
  expect_operator("(");
  auto arguments = std::make_unique<CallArguments>();
  const auto ensure = [&](bool good) {
    if (!good) fail(line, "arguments in a wrong order");
  };
  bool first = true;
  while (!is_operator(")")) {
    if (!first) expect_operator(",");
    if (!first && is_operator(")")) break;
    first = false;
    if (skip_operator("*")) {
      ensure(!arguments->star && !arguments->star_star);
      arguments->star = parse_expression();
    } else if (skip_operator("**")) {
      ensure(!arguments->star_star);
      arguments->star_star = parse_expression();
    } else if (current().kind == Token::Kind::kName && is_operator(ahead(), "=")) {
      ensure(!arguments->star_star);
      std::string name = next().text;
      next();
      for (const auto& other : arguments->named)
        if (other.first == name) fail(line, fmt::format("keyword argument '{}' is repeated", name));
      arguments->named.emplace_back(std::move(name), parse_expression());
    } else {
      ensure(!arguments->star && !arguments->star_star && arguments->named.empty());
      arguments->positional.push_back(parse_expression());
    }
  }
  next();
  return arguments;
}

void Parser::deepen(Expression& node, int line) const {
  const auto below = [&](const ExpressionPtr& part) {
    if (part) node.height = std::max(node.height, part->height + 1);
  };
  for (const ExpressionPtr& part : node.parts) below(part);
  if (node.arguments) {
    for (const ExpressionPtr& part : node.arguments->positional) below(part);
    for (const auto& named : node.arguments->named) below(named.second);
    below(node.arguments->star);
    below(node.arguments->star_star);
  }
  if (node.height > kMaxHeight) fail(line, fmt::format("an expression of more than {} levels", kMaxHeight));
}

void Parser::note_name(const std::string& name) {
  for (Macro* macro : macros_) {
    macro->uses_caller = macro->uses_caller || name == "caller";
    macro->uses_varargs = macro->uses_varargs || name == "varargs";
    macro->uses_kwargs = macro->uses_kwargs || name == "kwargs";
  }
}

}  // namespace fp8bench::jinja
