#include "datasets/bfcl/decode_calls.h"

#include <fmt/core.h>

#include <string>

#include "datasets/bfcl/py_arithmetic.h"
#include "datasets/bfcl/py_parser.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench::bfcl {
namespace {

using python::Node;
using python::Value;
using Kind = Node::Kind;
using Type = Value::Type;

[[noreturn]] void fail() { throw python::SyntaxError("no value of a tool call"); }

Value call_value(const Node& call);

// -x of a literal; the decoder takes every sign for a minus.
Value negated(const Node& operand) {
  if (!operand.is(Kind::kConstant)) fail();
  Value value = operand.value;
  switch (value.type) {
    case Type::kBool:
      return Value::of_int(value.boolean ? "-1" : "0");
    case Type::kInt:
      return Value::of_int(value.text.front() == '-' ? value.text.substr(1) : fmt::format("-{}", value.text));
    case Type::kFloat:
    case Type::kComplex:
      value.real = -value.real;
      value.imaginary = -value.imaginary;
      return value;
    default:
      fail();
  }
}

Value value_of(const Node& node) {
  switch (node.kind) {
    case Kind::kConstant:
      return node.value;
    case Kind::kEllipsis:
      return Value::of_string("...");
    case Kind::kName:
      return Value::of_string(node.text);
    case Kind::kUnary:
      return negated(node.children[0]);
    case Kind::kBinary:
      return python::evaluate(node);
    case Kind::kCall:
      return node.keywords.empty() ? Value::of_string(unparse(node)) : call_value(node);
    case Kind::kSubscript:
      return Value::of_string(unparse(node));
    case Kind::kList:
    case Kind::kTuple: {
      Value sequence = Value::of_list({});
      if (node.is(Kind::kTuple)) sequence.type = Type::kTuple;
      for (const Node& item : node.children) sequence.items.push_back(value_of(item));
      return sequence;
    }
    case Kind::kDict: {
      Value dict = Value::of_dict();
      for (size_t i = 0; i < node.children.size(); i += 2) {
        Value key = value_of(node.children[i]);  // of **x there is none, which fails
        if (!is_hashable(key)) fail();
        dict.set(std::move(key), value_of(node.children[i + 1]));
      }
      return dict;
    }
    default:
      fail();
  }
}

// "a.b.c" of a function; what is no name at its root is left out.
std::string name_of(const Node& function) {
  if (function.is(Kind::kName)) return function.text;
  if (!function.is(Kind::kAttribute)) return {};
  const std::string owner = name_of(function.children[0]);
  return owner.empty() ? function.text : fmt::format("{}.{}", owner, function.text);
}

Value call_value(const Node& call) {
  Value arguments = Value::of_dict();
  for (const Node& keyword : call.keywords) {
    Value key = keyword.text.empty() ? Value() : Value::of_string(keyword.text);  // **x has the key None
    arguments.set(std::move(key), value_of(keyword.children[0]));
  }
  Value result = Value::of_dict();
  result.set(Value::of_string(name_of(call.children[0])), std::move(arguments));
  return result;
}

std::string_view strip_characters(std::string_view text, std::string_view what) {
  const size_t first = text.find_first_not_of(what);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(what) - first + 1);
}

// The answer as one bracketed list, lines ending in \n.
std::string source_of(std::string_view text) {
  const std::string valid = python::valid_utf8(text);
  const std::string_view answer = strip_characters(valid, "`\n ");
  std::string source;
  if (answer.empty() || answer.front() != '[') source += '[';
  source += answer;
  if (source.back() != ']') source += ']';
  const std::string_view cleaned = python::strip(python::strip(source), '\'');
  std::string lines;
  for (size_t i = 0; i < cleaned.size(); ++i) {
    if (cleaned[i] != '\r')
      lines += cleaned[i];
    else if (i + 1 >= cleaned.size() || cleaned[i + 1] != '\n')
      lines += '\n';
  }
  return lines;
}

}  // namespace

std::optional<Value> decode_calls(std::string_view text) {
  try {
    const std::string source = source_of(text);
    const Node body = python::parse_expression(source);
    Value calls = Value::of_list({});
    if (body.is(Kind::kCall)) {
      calls.items.push_back(call_value(body));
      return calls;
    }
    if (!body.is(Kind::kList) && !body.is(Kind::kTuple) && !body.is(Kind::kSet)) return {};
    for (const Node& item : body.children) {
      if (!item.is(Kind::kCall)) return {};
      calls.items.push_back(call_value(item));
    }
    return calls;
  } catch (const python::SyntaxError&) {
    return {};
  }
}

Value from_tool_calls(const nlohmann::ordered_json& calls) {
  Value list = Value::of_list({});
  for (const auto& call : calls) {
    Value one = Value::of_dict();
    one.set(Value::of_string(call.at("name").get<std::string>()), python::from_json(call.at("arguments")));
    list.items.push_back(std::move(one));
  }
  return list;
}

bool is_call_list(const Value& value) {
  if (!value.is(Type::kList)) return false;
  for (const Value& item : value.items)
    if (!item.is(Type::kDict) || item.entries.size() != 1 || !item.entries[0].second.is(Type::kDict)) return false;
  return true;
}

}  // namespace fp8bench::bfcl
