#include "datasets/bfcl/py_parser_impl.h"

namespace fp8bench::python {

Node Parser::lambda() {
  const size_t first = at_++;
  bool defaults = false, star_seen = false, double_star = false, slash = false, lone_star = false;
  while (!at_op(":")) {
    if (double_star) fail();
    if (take_op("/")) {
      if (slash || star_seen || at_ == first + 2) fail();
      slash = true;
    } else {
      const bool one = take_op("*"), two = !one && take_op("**");
      if (one && star_seen) fail();
      star_seen = star_seen || one;
      double_star = two;
      if (one && at_op(",")) {
        lone_star = true;
      } else {
        if (now().kind != Token::Kind::kName) fail();
        ++at_;
        if (!one) lone_star = false;
        if (!one && !two && take_op("=")) {
          expression();
          defaults = true;
        } else if (!one && !two && defaults && !star_seen) {
          fail();
        }
      }
    }
    if (!at_op(":")) expect_op(",");
  }
  if (lone_star) fail();
  expect_op(":");
  expression();
  return opaque(first);
}

Node Parser::call(Node function) {
  Node node;
  node.kind = Kind::kCall;
  node.children.push_back(std::move(function));
  bool unpacked = false;
  while (!take_op(")")) {
    if (take_op("**")) {
      node.keywords.push_back(make(Kind::kKeyword, "", expression()));
      unpacked = true;
    } else if (at_op("*")) {
      if (unpacked) fail();
      ++at_;
      node.children.push_back(make(Kind::kStarred, "", expression()));
    } else if (now().kind == Token::Kind::kName && at_op("=", 1)) {
      std::string name = now().text;
      at_ += 2;
      node.keywords.push_back(make(Kind::kKeyword, std::move(name), expression()));
    } else {
      const size_t first = at_;
      Node argument = named();
      if (at_word("for") || at_word("async")) {
        // A generator without brackets is the only argument.
        comprehension();
        if (node.children.size() > 1 || !node.keywords.empty() || !at_op(")")) fail();
        argument = opaque(first);
        std::string bracketed = "(";  // as ast.unparse writes it
        bracketed += argument.text;
        bracketed += ')';
        argument.text = std::move(bracketed);
      } else if (!node.keywords.empty()) {
        fail();
      }
      node.children.push_back(std::move(argument));
    }
    if (!at_op(")")) expect_op(",");
  }
  return sealed(std::move(node));
}

Node Parser::slice() {
  if (at_op("*")) return star();
  Node lower = make(Kind::kNothing, "");
  if (!at_op(":")) {
    lower = named();
    if (!at_op(":")) return lower;
    if (lower.is(Kind::kNamed)) fail();
  }
  expect_op(":");
  const auto part = [&] { return at_op(":") || at_op(",") || at_op("]") ? make(Kind::kNothing, "") : expression(); };
  Node upper = part();
  Node step = take_op(":") ? part() : make(Kind::kNothing, "");
  return make(Kind::kSlice, "", std::move(lower), std::move(upper), std::move(step));
}

Node Parser::subscript() {
  std::vector<Node> items;
  bool comma = false;
  while (!at_op("]")) {
    items.push_back(slice());
    if (at_op("]")) break;
    expect_op(",");
    comma = true;
  }
  expect_op("]");
  if (items.empty()) fail();
  if (!comma && !items[0].is(Kind::kStarred)) return std::move(items[0]);
  return make(Kind::kTuple, "", std::move(items));
}

void Parser::comprehension() {
  while (at_word("for") || at_word("async")) {
    take_word("async");
    if (!take_word("for")) fail();
    do {
      if (at_word("in")) break;
      const Node target = at_op("*") ? star() : binary(0);
      if (!is_target(target)) fail();
    } while (take_op(","));
    if (!take_word("in")) fail();
    disjunction();
    while (take_word("if")) disjunction();
  }
}

Node Parser::collection(Kind kind, std::string_view close, size_t first, std::vector<Node> items) {
  bool begun = !items.empty(), comma = false;
  while (begun || !at_op(close)) {
    if (!begun) items.push_back(starred_or_named());
    begun = false;
    if (items.size() == 1 && (at_word("for") || at_word("async"))) {
      if (items[0].is(Kind::kStarred)) fail();
      comprehension();
      expect_op(close);
      return opaque(first);
    }
    if (at_op(close)) break;
    expect_op(",");
    comma = true;
  }
  expect_op(close);
  if (kind == Kind::kTuple && items.size() == 1 && !comma) {
    if (items[0].is(Kind::kStarred)) fail();
    return std::move(items[0]);
  }
  return make(kind, "", std::move(items));
}

Node Parser::braces(size_t first) {
  if (at_op("}")) {
    ++at_;
    return make(Kind::kDict, "");
  }
  std::vector<Node> items;
  if (at_op("*")) return collection(Kind::kSet, "}", first);
  if (!at_op("**")) {
    items.push_back(named());
    if (!at_op(":")) return collection(Kind::kSet, "}", first, std::move(items));
    if (items[0].is(Kind::kNamed)) fail();
  }
  while (!items.empty() || !at_op("}")) {
    if (items.size() % 2 == 0 && take_op("**")) {
      items.push_back(make(Kind::kNothing, ""));
      items.push_back(binary(0));
    } else {
      if (items.size() % 2 == 0) items.push_back(expression());
      expect_op(":");
      items.push_back(expression());
      if (items.size() == 2 && (at_word("for") || at_word("async"))) {
        comprehension();
        expect_op("}");
        return opaque(first);
      }
    }
    if (at_op("}")) break;
    expect_op(",");
    if (at_op("}")) break;
  }
  expect_op("}");
  return make(Kind::kDict, "", std::move(items));
}

Node Parser::text() {
  const size_t first = at_;
  Node node;
  node.kind = Kind::kConstant;
  node.value = now().value;
  if (source_[now().begin] == 'u') node.text.assign(1, 'u');  // ast keeps this prefix
  bool formatted = now().kind == Token::Kind::kFormatted;
  for (++at_; now().kind == Token::Kind::kText || now().kind == Token::Kind::kFormatted; ++at_) {
    formatted = formatted || now().kind == Token::Kind::kFormatted;
    if (now().value.type != node.value.type) fail();
    node.value.text += now().value.text;
  }
  return formatted ? opaque(first) : node;
}

Node Parser::atom() {
  const size_t first = at_;
  const Token& token = now();
  switch (token.kind) {
    case Token::Kind::kName:
      ++at_;
      return make(Kind::kName, token.text);
    case Token::Kind::kText:
    case Token::Kind::kFormatted:
      return text();
    case Token::Kind::kConstant: {
      Node node = make(Kind::kConstant, "");
      node.value = token.value;
      ++at_;
      return node;
    }
    case Token::Kind::kKeyword: {
      if (token.text != "True" && token.text != "False" && token.text != "None") fail();
      Node node = make(Kind::kConstant, "");
      if (token.text != "None") node.value = Value::of_bool(token.text == "True");
      ++at_;
      return node;
    }
    default:
      break;
  }
  if (take_op("...")) return make(Kind::kEllipsis, "");
  if (take_op("(")) return collection(Kind::kTuple, ")", first);
  if (take_op("[")) return collection(Kind::kList, "]", first);
  if (take_op("{")) return braces(first);
  fail();
}

}  // namespace fp8bench::python
