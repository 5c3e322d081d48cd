// The tags, and the stream of tokens that both halves of the parser read.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/text/jinja/parser.h"

namespace fp8bench::jinja {
namespace {

using Kind = Statement::Kind;

Statement make(Kind kind, int line) {
  Statement statement;
  statement.kind = kind;
  statement.line = line;
  return statement;
}

std::string shown(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kText:
      return "template text";
    case Token::Kind::kEnd:
      return "the end of the template";
    case Token::Kind::kString:
      return "a string";
    default:
      return fmt::format("'{}'", token.text);
  }
}

bool names(const Target& target, std::string_view name) {
  return target.name == name ||
         std::any_of(target.parts.begin(), target.parts.end(), [&](const Target& part) { return names(part, name); });
}

bool is_reserved(const std::string& name) {
  static constexpr std::array<std::string_view, 6> kReserved = {"true", "false", "none", "True", "False", "None"};
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

}  // namespace

void Parser::fail(int line, const std::string& what) const { throw Fault(fmt::format("{}: {}", line, what)); }
void Parser::fail_unexpected(const char* wanted) const {
  fail(current().line, fmt::format("expected {}, found {}", wanted, shown(current())));
}
Token Parser::next() {
  Token token = current();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}
bool Parser::skip_name(const char* name) {
  if (!is_name(name)) return false;
  next();
  return true;
}
bool Parser::skip_operator(const char* text) {
  if (!is_operator(text)) return false;
  next();
  return true;
}
void Parser::expect_name(const char* name) {
  if (!skip_name(name)) fail_unexpected(fmt::format("'{}'", name).c_str());
}
void Parser::expect_operator(const char* text) {
  if (!skip_operator(text)) fail_unexpected(fmt::format("'{}'", text).c_str());
}
std::string Parser::expect_any_name(const char* what) {
  if (current().kind != Token::Kind::kName) fail_unexpected(what);
  return next().text;
}

Block Parser::parse() { return parse_block({}, nullptr, 0); }

// Statements up to a tag that begins with one of `ends`; that name is the current token afterwards. Without `ends`, to
// the end of the template.
Block Parser::parse_block(std::initializer_list<const char*> ends, const char* opened_by, int opened_line) {
  const Nested nested(*this);
  Block block;
  while (true) {
    const int line = current().line;
    if (current().kind == Token::Kind::kEnd) {
      if (ends.size() == 0) return block;
      fail(opened_line, fmt::format("{{% {} %}} has no {{% {} %}}", opened_by, *(ends.end() - 1)));
    }
    const Token token = next();
    if (token.kind == Token::Kind::kText) {
      block.push_back(make(Kind::kText, line));
      block.back().text = token.text;
    } else if (token.kind == Token::Kind::kPrintBegin) {
      block.push_back(make(Kind::kPrint, line));
      block.back().values.push_back(parse_tuple(true));
      if (current().kind != Token::Kind::kPrintEnd) fail_unexpected("'}}'");
      next();
    } else {
      for (const char* end : ends)
        if (is_name(end)) return block;
      block.push_back(parse_statement());
      if (current().kind != Token::Kind::kBlockEnd) fail_unexpected("'%}'");
      next();
    }
  }
}

// The rest of the opening tag, and its body.
Block Parser::parse_body(std::initializer_list<const char*> ends, const char* opened_by, int opened_line) {
  skip_operator(":");
  if (current().kind != Token::Kind::kBlockEnd) fail_unexpected("'%}'");
  next();
  return parse_block(ends, opened_by, opened_line);
}

Statement Parser::parse_statement() {
  const int line = current().line;
  const std::string tag = expect_any_name("the name of a tag");
  if (tag == "set") return parse_set(line);
  if (tag == "if") return parse_if(line);
  if (tag == "for") return parse_for(line);
  if (tag == "macro") return parse_macro(line);
  if (tag == "call") return parse_call_block(line);
  if (tag == "filter") return parse_filter_block(line);
  if (tag == "with") return parse_with(line);
  if (tag == "print") return parse_print(line);
  if (tag == "generation") {
    Statement statement = make(Kind::kGeneration, line);
    const int loops = std::exchange(loops_, 0);  // its body is a function of its own
    statement.body = parse_body({"endgeneration"}, "generation", line);
    loops_ = loops;
    next();
    return statement;
  }
  if (tag == "break" || tag == "continue") {
    if (loops_ == 0) fail(line, fmt::format("{{% {} %}} outside of a loop", tag));
    return make(tag == "break" ? Kind::kBreak : Kind::kContinue, line);
  }
  static constexpr std::array<std::string_view, 11> kRefused = {
      "block", "extends", "include", "import", "from", "autoescape", "do", "trans", "debug", "endraw", "endset"};
  if (std::find(kRefused.begin(), kRefused.end(), tag) != kRefused.end())
    fail(line, fmt::format("the tag {{% {} %}} is not supported here", tag));
  fail(line, fmt::format("unknown tag {{% {} %}}", tag));
}

Statement Parser::parse_set(int line) {
  Statement statement = make(Kind::kSet, line);
  statement.target = parse_target(true, nullptr);
  if (skip_operator("=")) {
    statement.values.push_back(parse_tuple(true));
    return statement;
  }
  statement.kind = Kind::kSetBlock;
  if (is_operator("|")) statement.filter = parse_filter(nullptr);
  statement.body = parse_body({"endset"}, "set", line);
  next();
  return statement;
}

Statement Parser::parse_if(int line) {
  Statement statement = make(Kind::kIf, line);
  while (true) {
    statement.values.push_back(parse_tuple(false));
    statement.branches.push_back(parse_body({"elif", "else", "endif"}, "if", line));
    const std::string tag = next().text;
    if (tag == "elif") continue;
    if (tag == "else") {
      statement.otherwise = parse_body({"endif"}, "if", line);
      next();
    }
    return statement;
  }
}

Statement Parser::parse_for(int line) {
  Statement statement = make(Kind::kFor, line);
  statement.target = parse_target(false, "in");
  if (names(statement.target, "loop")) fail(line, "cannot assign to the special variable 'loop'");
  expect_name("in");
  statement.values.push_back(parse_tuple(false, "recursive"));
  if (skip_name("if")) statement.condition = parse_expression();
  statement.recursive = skip_name("recursive");
  ++loops_;
  statement.body = parse_body({"else", "endfor"}, "for", line);
  --loops_;
  if (next().text == "else") {
    statement.otherwise = parse_body({"endfor"}, "for", line);
    next();
  }
  return statement;
}

void Parser::parse_signature(Macro& macro) {
  expect_operator("(");
  while (!is_operator(")")) {
    if (!macro.parameters.empty()) expect_operator(",");
    const int line = current().line;
    Parameter parameter;
    parameter.name = expect_any_name("the name of a parameter");
    if (is_reserved(parameter.name)) fail(line, fmt::format("a parameter cannot be called '{}'", parameter.name));
    for (const Parameter& other : macro.parameters)
      if (other.name == parameter.name) fail(line, fmt::format("parameter '{}' is repeated", parameter.name));
    if (skip_operator("="))
      parameter.fallback = parse_expression();
    else if (!macro.parameters.empty() && macro.parameters.back().fallback)
      fail(line, "a parameter without a default after one with a default");
    if (parameter.name == "caller" && !parameter.fallback) fail(line, "the parameter 'caller' needs a default");
    macro.parameters.push_back(std::move(parameter));
  }
  next();
}

Statement Parser::parse_macro(int line) {
  Statement statement = make(Kind::kMacro, line);
  statement.macro = std::make_unique<Macro>();
  statement.macro->line = line;
  statement.macro->name = expect_any_name("the name of a macro");
  if (is_reserved(statement.macro->name))
    fail(line, fmt::format("a macro cannot be called '{}'", statement.macro->name));
  const int loops = std::exchange(loops_, 0);
  macros_.push_back(statement.macro.get());
  parse_signature(*statement.macro);
  statement.macro->body = parse_body({"endmacro"}, "macro", line);
  macros_.pop_back();
  loops_ = loops;
  next();
  return statement;
}

Statement Parser::parse_call_block(int line) {
  Statement statement = make(Kind::kCallBlock, line);
  statement.macro = std::make_unique<Macro>();
  statement.macro->name = "caller";
  statement.macro->line = line;
  const int loops = std::exchange(loops_, 0);
  macros_.push_back(statement.macro.get());
  if (is_operator("(")) parse_signature(*statement.macro);
  macros_.pop_back();
  statement.values.push_back(parse_expression());
  if (statement.values.front()->kind != Expression::Kind::kCall) fail(line, "{% call %} needs a call");
  macros_.push_back(statement.macro.get());
  statement.macro->body = parse_body({"endcall"}, "call", line);
  macros_.pop_back();
  loops_ = loops;
  next();
  return statement;
}

Statement Parser::parse_filter_block(int line) {
  Statement statement = make(Kind::kFilterBlock, line);
  statement.filter = parse_filter(nullptr);
  statement.body = parse_body({"endfilter"}, "filter", line);
  next();
  return statement;
}

Statement Parser::parse_with(int line) {
  Statement statement = make(Kind::kWith, line);
  while (current().kind != Token::Kind::kBlockEnd) {
    if (!statement.targets.empty()) expect_operator(",");
    statement.targets.push_back(parse_target(false, nullptr));
    expect_operator("=");
    statement.values.push_back(parse_expression());
  }
  statement.body = parse_body({"endwith"}, "with", line);
  next();
  return statement;
}

Statement Parser::parse_print(int line) {
  Statement statement = make(Kind::kPrint, line);
  while (current().kind != Token::Kind::kBlockEnd) {
    if (!statement.values.empty()) expect_operator(",");
    statement.values.push_back(parse_expression());
  }
  return statement;
}

Target Parser::parse_one_target(bool with_attributes) {
  const Nested nested(*this);
  Target target;
  target.line = current().line;
  if (skip_operator("(")) {
    target = parse_target(with_attributes, nullptr);
    expect_operator(")");
    return target;
  }
  target.name = expect_any_name("a name to assign to");
  if (is_reserved(target.name)) fail(target.line, fmt::format("cannot assign to '{}'", target.name));
  if (with_attributes && skip_operator(".")) target.attribute = expect_any_name("the name of an attribute");
  return target;
}

// `end_name` ends a list of targets that has a comma at its end.
Target Parser::parse_target(bool with_attributes, const char* end_name) {
  Target first = parse_one_target(with_attributes);
  if (!is_operator(",")) return first;
  Target target;
  target.line = first.line;
  target.parts.push_back(std::move(first));
  while (skip_operator(",")) {
    const Token::Kind kind = current().kind;
    if (kind == Token::Kind::kBlockEnd || is_operator("=") || is_operator(")") ||
        (end_name != nullptr && is_name(end_name)))
      break;
    target.parts.push_back(parse_one_target(with_attributes));
  }
  return target;
}

}  // namespace fp8bench::jinja
