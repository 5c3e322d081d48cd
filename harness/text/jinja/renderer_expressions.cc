// The expressions.
#include <fmt/format.h>

#include "harness/text/jinja/globals.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/renderer.h"
#include "harness/text/jinja/renderer_level.h"

namespace fp8bench::jinja {
namespace {

// The call, whose errors say what failed.
template <class Call>
Value named_call(const char* kind, const std::string& name, const Call& call) {
  try {
    return call();
  } catch (const Fault& fault) {
    throw Fault(fmt::format("{} '{}': {}", kind, name, fault.what()));
  }
}

}  // namespace

Value Renderer::evaluate(const Expression& expression, const ScopePtr& scope) {
  const Level level(*this);
  try {
    return evaluate_bare(expression, scope);
  } catch (const Fault& fault) {
    fail(expression.line, fault.what());
  }
}

Value Renderer::lookup(const std::string& name, const ScopePtr& scope) {
  for (const Scope* at = scope.get(); at != nullptr; at = at->parent.get()) {
    step();
    if (const auto found = at->names.find(name); found != at->names.end()) return found->second;
  }
  if (auto global = find_global(name)) return *global;
  return Value::undefined(fmt::format("'{}' is undefined", name));
}

Items Renderer::evaluate_all(const std::vector<ExpressionPtr>& expressions, const ScopePtr& scope) {
  charge_items(expressions.size());
  Items values;
  values.reserve(expressions.size());
  for (const ExpressionPtr& expression : expressions) values.push_back(evaluate(*expression, scope));
  return values;
}

Value Renderer::evaluate_bare(const Expression& e, const ScopePtr& scope) {
  using Kind = Expression::Kind;
  const auto part = [&](size_t i) { return evaluate(*e.parts[i], scope); };
  switch (e.kind) {
    case Kind::kConstant:
      return e.constant;
    case Kind::kName:
      return lookup(e.name, scope);
    case Kind::kList:
      return Value::list(evaluate_all(e.parts, scope));
    case Kind::kTuple:
      return Value::tuple(evaluate_all(e.parts, scope));
    case Kind::kDict:
      return evaluate_dict(e, scope);
    case Kind::kAttribute:
      return attribute(*this, part(0), e.name);
    case Kind::kSubscript:
      return evaluate_subscript(e, scope);
    case Kind::kSlice:
      throw Fault("a slice stands outside of a subscript");
    case Kind::kCall: {
      const Value callee = part(0);
      return call(callee, evaluate_arguments(*e.arguments, scope));
    }
    case Kind::kFilter:
      return evaluate_filter(e, scope, nullptr);
    case Kind::kTest: {
      const Value subject = part(0);
      const Arguments arguments = evaluate_arguments(*e.arguments, scope);
      return Value::boolean(truthy(named_call("test", e.name, [&] { return e.function(*this, subject, arguments); })));
    }
    case Kind::kNot:
      return Value::boolean(!truthy(part(0)));
    case Kind::kNegate:
      return negate(part(0));
    case Kind::kPlus:
      return plus(part(0));
    case Kind::kBinary: {
      const Value left = part(0);
      return binary(*this, e.operators.front(), left, part(1));
    }
    case Kind::kCompare:
      return evaluate_compare(e, scope);
    case Kind::kConcatenate:
      return concatenate(*this, evaluate_all(e.parts, scope));
    case Kind::kAnd: {
      const Value left = part(0);
      return truthy(left) ? part(1) : left;
    }
    case Kind::kOr: {
      const Value left = part(0);
      return truthy(left) ? left : part(1);
    }
    case Kind::kConditional:
      if (truthy(part(0))) return part(1);
      if (e.parts[2] != nullptr) return part(2);
      return Value::undefined("the inline if-expression evaluated to false and no else section was defined");
  }
  throw Fault("an expression of an unknown kind");
}

// a < b < c holds if both do; b is evaluated once, and c only if the first holds.
Value Renderer::evaluate_compare(const Expression& e, const ScopePtr& scope) {
  Value left = evaluate(*e.parts.front(), scope);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    Value right = evaluate(*e.parts[i + 1], scope);
    if (!compared_by(*this, e.operators[i], left, right)) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Value Renderer::evaluate_dict(const Expression& e, const ScopePtr& scope) {
  charge_items(2 * e.parts.size());
  Dict dict;
  for (size_t i = 0; i < e.parts.size(); i += 2) {
    Value key = evaluate(*e.parts[i], scope);
    dict.set(std::move(key), evaluate(*e.parts[i + 1], scope));
  }
  return Value::dict(std::move(dict));
}

Value Renderer::evaluate_subscript(const Expression& e, const ScopePtr& scope) {
  const Value whole = evaluate(*e.parts[0], scope);
  const Expression& index = *e.parts[1];
  if (index.kind != Expression::Kind::kSlice) return item(*this, whole, evaluate(index, scope));
  const auto bound = [&](size_t i) { return index.parts[i] ? evaluate(*index.parts[i], scope) : Value::none(); };
  const Value start = bound(0), stop = bound(1);
  return slice(*this, whole, start, stop, bound(2));
}

// `block`: what {% filter %} or {% set %} captured, for the filter that has nothing to its left.
Value Renderer::evaluate_filter(const Expression& e, const ScopePtr& scope, const Value* block) {
  const Level level(*this);
  Value subject;
  const Expression* left = e.parts.front().get();
  if (left == nullptr)
    subject = block != nullptr ? *block : throw Fault("a filter has nothing to filter");
  else
    subject = block != nullptr ? evaluate_filter(*left, scope, block) : evaluate(*left, scope);
  const Arguments arguments = evaluate_arguments(*e.arguments, scope);
  return named_call("filter", e.name, [&] { return e.function(*this, subject, arguments); });
}

Arguments Renderer::evaluate_arguments(const CallArguments& source, const ScopePtr& scope) {
  Arguments arguments;
  arguments.positional = evaluate_all(source.positional, scope);
  for (const auto& [name, expression] : source.named) arguments.named.emplace_back(name, evaluate(*expression, scope));
  if (source.star) {
    const Items more = iterate(evaluate(*source.star, scope));
    charge_items(more.size());
    arguments.positional.insert(arguments.positional.end(), more.begin(), more.end());
  }
  if (source.star_star) {
    const Value more = evaluate(*source.star_star, scope);
    if (more.as_dict() == nullptr) throw Fault("the argument after ** must be a mapping");
    for (const auto& [key, value] : more.as_dict()->entries) {
      const std::string& name = key.is_text() ? key.utf8() : throw Fault("keywords must be strings");
      for (const auto& named : arguments.named)
        if (named.first == name) throw Fault(fmt::format("two values for keyword argument '{}'", name));
      arguments.named.emplace_back(name, value);
    }
  }
  return arguments;
}

}  // namespace fp8bench::jinja
