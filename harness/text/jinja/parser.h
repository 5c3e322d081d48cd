// Tokens -> statements, by the grammar of Jinja 3.1 with transformers' extensions ({% generation %}, break, continue).
// What it does not know is refused here, with its line: a tag, a filter, a test. Inheritance, includes, imports and
// autoescape are known and refused: a chat template is one file of plain text.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "harness/text/jinja/ast.h"
#include "harness/text/jinja/lexer.h"

namespace fp8bench::jinja {

inline constexpr int kMaxNesting = 150;  // of brackets and blocks in the source
inline constexpr int kMaxHeight = 300;   // of an expression's tree: a chain of operators is as high as it is long

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}
  // Throws Fault; its message begins with the line number: "12: ...".
  Block parse();

 private:
  class Nested {  // counts kMaxNesting
   public:
    explicit Nested(Parser& parser) : parser_(parser) {
      if (++parser_.nesting_ > kMaxNesting) parser_.fail(parser_.current().line, "nested too deeply");
    }
    ~Nested() { --parser_.nesting_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };

  // The stream of tokens.
  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token next();
  bool is_name(const char* name) const { return current().kind == Token::Kind::kName && current().text == name; }
  bool is_operator(const char* text) const { return is_operator(current(), text); }
  static bool is_operator(const Token& token, const char* text) {
    return token.kind == Token::Kind::kOperator && token.text == text;
  }
  bool skip_name(const char* name);
  bool skip_operator(const char* text);
  void expect_name(const char* name);
  void expect_operator(const char* text);
  std::string expect_any_name(const char* what);
  [[noreturn]] void fail(int line, const std::string& what) const;
  [[noreturn]] void fail_unexpected(const char* wanted) const;

  // parser_statements.cc
  Block parse_block(std::initializer_list<const char*> ends, const char* opened_by, int opened_line);
  Block parse_body(std::initializer_list<const char*> ends, const char* opened_by, int opened_line);
  Statement parse_statement();
  Statement parse_set(int line);
  Statement parse_if(int line);
  Statement parse_for(int line);
  Statement parse_macro(int line);
  Statement parse_call_block(int line);
  Statement parse_filter_block(int line);
  Statement parse_with(int line);
  Statement parse_print(int line);
  void parse_signature(Macro& macro);
  Target parse_target(bool with_attributes, const char* end_name);
  Target parse_one_target(bool with_attributes);

  // parser.cc
  ExpressionPtr parse_tuple(bool with_conditional, const char* end_name = nullptr, bool in_parentheses = false);
  ExpressionPtr parse_expression(bool with_conditional = true);
  ExpressionPtr parse_conditional();
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_compare();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary(bool with_filter = true);
  ExpressionPtr parse_primary();

  // parser_postfix.cc
  ExpressionPtr parse_postfix(ExpressionPtr node);
  ExpressionPtr parse_filters_and_tests(ExpressionPtr node);
  ExpressionPtr parse_filter(ExpressionPtr node);
  ExpressionPtr parse_test(ExpressionPtr node);
  ExpressionPtr parse_subscript(ExpressionPtr node);
  ExpressionPtr parse_index();
  ExpressionPtr parse_call(ExpressionPtr node);
  std::unique_ptr<CallArguments> parse_arguments();
  void note_name(const std::string& name);
  void deepen(Expression& node, int line) const;  // sets its height when its parts are there

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0, loops_ = 0;
  std::vector<Macro*> macros_;  // around what is parsed
};

}  // namespace fp8bench::jinja
