// The parser of py_parser.h, taken apart over two files: what stands between brackets has its own.
#pragma once
#include <algorithm>

#include "datasets/bfcl/py_parser.h"

namespace fp8bench::python {

using Kind = Node::Kind;

constexpr int kMaxDepth = 900;

constexpr std::string_view kBinaryLevels[][6] = {{"|"},        {"^"},      {"&"},
                                                 {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%", "@"}};
constexpr size_t kLevels = std::size(kBinaryLevels);

class Parser {
 public:
  explicit Parser(std::string_view source) : source_(source), tokens_(tokenize(source)) {}

  Node run() {
    Node node = expressions(/*starred=*/true);
    while (now().kind == Token::Kind::kNewline) ++at_;
    if (now().kind != Token::Kind::kEnd) fail();
    return node;
  }

 private:
  [[noreturn]] static void fail() { throw SyntaxError("invalid syntax"); }
  const Token& now(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool at_op(std::string_view text, size_t ahead = 0) const {
    return now(ahead).kind == Token::Kind::kOperator && now(ahead).text == text;
  }
  bool at_word(std::string_view text) const { return now().kind == Token::Kind::kKeyword && now().text == text; }
  bool take_op(std::string_view text) {
    if (!at_op(text)) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view text) {
    if (!at_word(text)) return false;
    ++at_;
    return true;
  }
  void expect_op(std::string_view text) {
    if (!take_op(text)) fail();
  }

  static Node make(Kind kind, std::string text, std::vector<Node> children) {
    Node node;
    node.kind = kind;
    node.text = std::move(text);
    node.children = std::move(children);
    return sealed(std::move(node));
  }
  template <class... Nodes>
  static Node make(Kind kind, std::string text, Nodes... children) {
    std::vector<Node> all;
    (all.push_back(std::move(children)), ...);
    return make(kind, std::move(text), std::move(all));
  }
  static Node sealed(Node node) {
    int deepest = 0;
    for (const Node& child : node.children) deepest = std::max(deepest, child.depth);
    for (const Node& child : node.keywords) deepest = std::max(deepest, child.depth);
    node.depth = deepest + 1;
    if (node.depth > kMaxDepth) throw SyntaxError("nested too deeply");
    return node;
  }
  Node opaque(size_t first) const {
    const size_t begin = tokens_[first].begin;
    return make(Kind::kOpaque, std::string(source_.substr(begin, tokens_[at_ - 1].end - begin)));
  }

  // Guards the parser's own recursion.
  struct Level {
    explicit Level(int& depth) : depth_(depth) {
      if (++depth_ > kMaxDepth) throw SyntaxError("nested too deeply");
    }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    int& depth_;
  };

  bool ends_list() const {
    if (now().kind == Token::Kind::kEnd || now().kind == Token::Kind::kNewline) return true;
    return at_op(")") || at_op("]") || at_op("}") || at_op("=") || at_op(":");
  }

  // a, b, c without brackets: a tuple if there is a comma.
  Node expressions(bool starred) {
    std::vector<Node> items;
    items.push_back(starred && at_op("*") ? star() : expression());
    if (!at_op(",")) {
      if (items[0].is(Kind::kStarred)) fail();
      return std::move(items[0]);
    }
    while (take_op(",")) {
      if (ends_list()) break;
      items.push_back(starred && at_op("*") ? star() : expression());
    }
    return make(Kind::kTuple, "", std::move(items));
  }

  Node star() {
    expect_op("*");
    return make(Kind::kStarred, "", binary(0));
  }

  Node named() {
    if (now().kind == Token::Kind::kName && at_op(":=", 1)) {
      Node target = make(Kind::kName, now().text);
      at_ += 2;
      return make(Kind::kNamed, "", std::move(target), expression());
    }
    return expression();
  }

  Node starred_or_named() { return at_op("*") ? star() : named(); }

  Node expression() {
    const Level level(depth_);
    if (at_word("lambda")) return lambda();
    Node body = disjunction();
    if (!take_word("if")) return body;
    Node test = disjunction();
    if (!take_word("else")) fail();
    return make(Kind::kConditional, "", std::move(body), std::move(test), expression());
  }

  // Parameters are names with defaults, after * or ** too; "/" and a lone "*" separate kinds.
  Node lambda();

  Node joined(std::string_view word, Node (Parser::*part)()) {
    Node first = (this->*part)();
    if (!at_word(word)) return first;
    std::vector<Node> items;
    items.push_back(std::move(first));
    while (take_word(word)) items.push_back((this->*part)());
    return make(Kind::kBool, std::string(word), std::move(items));
  }
  Node disjunction() { return joined("or", &Parser::conjunction); }
  Node conjunction() { return joined("and", &Parser::inversion); }

  Node inversion() {
    const Level level(depth_);
    if (take_word("not")) return make(Kind::kUnary, "not", inversion());
    return comparison();
  }

  std::string comparison_operator() {
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"})
      if (take_op(op)) return std::string(op);
    if (take_word("in")) return "in";
    if (take_word("is")) return take_word("not") ? "is not" : "is";
    if (at_word("not") && now(1).kind == Token::Kind::kKeyword && now(1).text == "in") {
      at_ += 2;
      return "not in";
    }
    return {};
  }

  Node comparison() {
    Node first = binary(0);
    Node node;
    node.kind = Kind::kCompare;
    for (;;) {
      std::string op = comparison_operator();
      if (op.empty()) break;
      node.texts.push_back(std::move(op));
      node.children.push_back(binary(0));
    }
    if (node.texts.empty()) return first;
    node.children.insert(node.children.begin(), std::move(first));
    return sealed(std::move(node));
  }

  Node binary(size_t level) {
    if (level == kLevels) return factor();
    Node left = binary(level + 1);
    for (;;) {
      const auto* const end = std::end(kBinaryLevels[level]);
      const auto* const op = std::find_if(std::begin(kBinaryLevels[level]), end,
                                          [&](std::string_view text) { return !text.empty() && at_op(text); });
      if (op == end) return left;
      ++at_;
      left = make(Kind::kBinary, std::string(*op), std::move(left), binary(level + 1));
    }
  }

  Node factor() {
    const Level level(depth_);
    for (const std::string_view op : {"+", "-", "~"})
      if (take_op(op)) return make(Kind::kUnary, std::string(op), factor());
    Node base = awaited();
    if (!take_op("**")) return base;
    return make(Kind::kBinary, "**", std::move(base), factor());
  }

  Node awaited() {
    const size_t first = at_;
    if (!take_word("await")) return primary();
    primary();
    return opaque(first);
  }

  Node primary() {
    Node node = atom();
    for (;;) {
      if (take_op(".")) {
        if (now().kind != Token::Kind::kName) fail();
        node = make(Kind::kAttribute, now().text, std::move(node));
        ++at_;
      } else if (take_op("(")) {
        node = call(std::move(node));
      } else if (take_op("[")) {
        node = make(Kind::kSubscript, "", std::move(node), subscript());
      } else {
        return node;
      }
    }
  }

  Node call(Node function);

  Node slice();

  Node subscript();

  static bool is_target(const Node& node) {
    if (node.is(Kind::kTuple) || node.is(Kind::kList) || node.is(Kind::kStarred))
      return std::all_of(node.children.begin(), node.children.end(), is_target);
    return node.is(Kind::kName) || node.is(Kind::kAttribute) || node.is(Kind::kSubscript);
  }

  // for ... in ... if ..., any number of them.
  void comprehension();

  // The rest of a list, tuple or set whose bracket is open.
  // begun: the first item is read already.
  Node collection(Kind kind, std::string_view close, size_t first, std::vector<Node> items = {});

  Node braces(size_t first);

  // Adjacent literals are one.
  Node text();

  Node atom();

  std::string_view source_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace fp8bench::python
