// The statements.
#include "harness/text/jinja/renderer.h"

#include <fmt/format.h>

#include "harness/io/error.h"
#include "harness/text/jinja/operations.h"
#include "harness/text/jinja/renderer_level.h"
#include "harness/text/jinja/value_text.h"

namespace fp8bench::jinja {

Renderer::~Renderer() {
  for (const ScopePtr& scope : captured_) scope->names.clear();
  for (const auto& space : namespaces_) space->attributes = {};
}

void Renderer::fail(int line, const std::string& what) const {
  throw InputError(fmt::format("{}:{}: {}", template_name_, line, what));
}

std::string Renderer::render(const Block& block, const Dict& variables) {
  std::string output;
  out_ = &output;
  const auto context = std::make_shared<Scope>();
  for (const auto& [name, value] : variables.entries) context->names.emplace(name.utf8(), value);
  const auto root = std::make_shared<Scope>();
  root->parent = context;
  captured_.push_back(root);
  run(block, root);
  return output;
}

void Renderer::print(const std::string& text) {
  if (static_cast<int64_t>(out_->size() + text.size()) > limits().output_bytes) throw Fault("the output is too long");
  charge(text.size());
  *out_ += text;
}

Renderer::Flow Renderer::run(const Block& block, const ScopePtr& scope) {
  for (const Statement& statement : block) {
    try {
      if (const Flow flow = run(statement, scope); flow != Flow::kNext) return flow;
    } catch (const Fault& fault) {
      fail(statement.line, fault.what());
    }
  }
  return Flow::kNext;
}

Renderer::Flow Renderer::run(const Statement& statement, const ScopePtr& scope) {
  const Level level(*this);
  using Kind = Statement::Kind;
  switch (statement.kind) {
    case Kind::kText:
      print(statement.text);
      break;
    case Kind::kPrint:
      for (const ExpressionPtr& value : statement.values) print(to_text(*this, evaluate(*value, scope)));
      break;
    case Kind::kSet:
      assign(statement.target, evaluate(*statement.values.front(), scope), scope);
      break;
    case Kind::kSetBlock: {
      Value text = Value::text(capture(statement.body, scope));
      if (statement.filter) text = evaluate_filter(*statement.filter, scope, &text);
      assign(statement.target, text, scope);
      break;
    }
    case Kind::kIf:
      return run_if(statement, scope);
    case Kind::kFor:
      run_for(statement, scope, iterate(evaluate(*statement.values.front(), scope)), 0);
      break;
    case Kind::kMacro:
      scope->names[statement.macro->name] = make_macro(*statement.macro, scope);
      break;
    case Kind::kCallBlock:
      run_call_block(statement, scope);
      break;
    case Kind::kFilterBlock: {
      const Value text = Value::text(capture(statement.body, scope));
      print(to_text(*this, evaluate_filter(*statement.filter, scope, &text)));
      break;
    }
    case Kind::kWith:
      run_with(statement, scope);
      break;
    case Kind::kGeneration:
      print(capture(statement.body, scope));
      break;
    case Kind::kBreak:
      return Flow::kBreak;
    case Kind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNext;
}

Renderer::Flow Renderer::run_if(const Statement& statement, const ScopePtr& scope) {
  for (size_t i = 0; i < statement.values.size(); ++i)
    if (truthy(evaluate(*statement.values[i], scope))) return run(statement.branches[i], scope);
  return run(statement.otherwise, scope);
}

void Renderer::run_for(const Statement& statement, const ScopePtr& scope, const Items& items, int64_t depth0) {
  charge_items(items.size());
  const auto loop = std::make_shared<Loop>();
  loop->source = items;
  loop->depth0 = depth0;
  loop->scope = scope;
  if (statement.recursive) loop->recursive = &statement;
  if (statement.condition) {
    loop->accepts = [this, &statement, scope](const Value& item) {
      const auto inner = std::make_shared<Scope>();
      inner->parent = scope;
      assign(statement.target, item, inner);
      return truthy(evaluate(*statement.condition, inner));
    };
  }
  size_t turns = 0;
  for (; loop->has(turns); ++turns) {
    loop->index0 = turns;
    const auto inner = std::make_shared<Scope>();
    inner->parent = scope;
    charge(sizeof(Scope));
    assign(statement.target, loop->items[turns], inner);
    inner->names["loop"] = Value(Value::Storage(loop));
    if (run(statement.body, inner) == Flow::kBreak) {
      ++turns;
      break;
    }
  }
  if (turns > 0) return;
  const auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  run(statement.otherwise, inner);
}

void Renderer::run_with(const Statement& statement, const ScopePtr& scope) {
  const auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  const Items values = evaluate_all(statement.values, scope);  // all before any of them has its name
  for (size_t i = 0; i < values.size(); ++i) assign(statement.targets[i], values[i], inner);
  run(statement.body, inner);
}

void Renderer::run_call_block(const Statement& statement, const ScopePtr& scope) {
  const Expression& call_expression = *statement.values.front();
  const Value callee = evaluate(*call_expression.parts.front(), scope);
  Arguments arguments = evaluate_arguments(*call_expression.arguments, scope);
  for (const auto& named : arguments.named)
    if (named.first == "caller") throw Fault("two values for the argument 'caller'");
  arguments.named.emplace_back("caller", make_macro(*statement.macro, scope));
  print(to_text(*this, call(callee, arguments)));
}

std::string Renderer::capture(const Block& block, const ScopePtr& scope) {
  const auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  std::string text;
  std::string* const outer = std::exchange(out_, &text);
  run(block, inner);  // an exception ends the whole rendering: out_ is not used again
  out_ = outer;
  return text;
}

Value Renderer::make_macro(const Macro& macro, const ScopePtr& scope) {
  charge(sizeof(Callable));
  auto callable = std::make_shared<Callable>();
  callable->name = macro.name;
  callable->macro = &macro;
  callable->scope = scope;
  captured_.push_back(scope);
  return Value(Value::Storage(std::shared_ptr<const Callable>(std::move(callable))));
}

// As jinja2.runtime.Macro: surplus arguments are errors unless the body names varargs or kwargs, and a missing one
// without a default is undefined.
Value Renderer::call_macro(const Callable& callable, const Arguments& arguments) {
  const Macro& macro = *callable.macro;
  const auto inner = std::make_shared<Scope>();
  inner->parent = callable.scope;
  charge(sizeof(Scope));
  auto named = arguments.named;
  const auto take = [&](const std::string& name) -> std::optional<Value> {
    for (auto it = named.begin(); it != named.end(); ++it) {
      if (it->first != name) continue;
      Value value = it->second;
      named.erase(it);
      return value;
    }
    return std::nullopt;
  };
  const size_t positional = arguments.positional.size(), parameters = macro.parameters.size();
  bool explicit_caller = false;
  for (size_t i = 0; i < parameters; ++i) {
    const Parameter& parameter = macro.parameters[i];
    explicit_caller = explicit_caller || parameter.name == "caller";
    if (i < positional)
      inner->names[parameter.name] = arguments.positional[i];
    else if (auto value = take(parameter.name))
      inner->names[parameter.name] = *value;
    else
      inner->names[parameter.name] =
          parameter.fallback ? evaluate(*parameter.fallback, inner)
                             : Value::undefined(fmt::format("parameter '{}' was not provided", parameter.name));
  }
  if (macro.uses_caller && !explicit_caller)
    inner->names["caller"] = take("caller").value_or(Value::undefined("No caller defined"));
  if (macro.uses_kwargs) {
    Dict rest;
    for (const auto& [name, value] : named) rest.set(Value::text(name), value);
    inner->names["kwargs"] = Value::dict(std::move(rest));
  } else if (!named.empty()) {
    throw Fault(fmt::format("macro '{}' takes no keyword argument '{}'", macro.name, named.front().first));
  }
  Items surplus;
  if (positional > parameters)
    surplus.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(parameters), arguments.positional.end());
  if (macro.uses_varargs)
    inner->names["varargs"] = Value::tuple(std::move(surplus));
  else if (!surplus.empty())
    throw Fault(fmt::format("macro '{}' takes not more than {} argument(s)", macro.name, parameters));
  return Value::text(capture(macro.body, inner));
}

Value Renderer::call(const Value& callee, const Arguments& arguments) {
  const Level level(*this);
  if (callee.is_undefined()) fail_undefined(callee);
  if (const Loop* loop = callee.pointee<Loop>()) {
    if (loop->recursive == nullptr) throw Fault("The loop must have the 'recursive' marker to be called recursively.");
    const Items items = iterate(*arguments.bind("loop", {"iterable"}, 1)[0]);
    std::string text;
    std::string* const outer = std::exchange(out_, &text);
    run_for(*loop->recursive, loop->scope, items, loop->depth0 + 1);
    out_ = outer;
    return Value::text(std::move(text));
  }
  const Callable* callable = callee.pointee<const Callable>();
  if (callable == nullptr) throw Fault(fmt::format("'{}' object is not callable", type_name(callee)));
  return callable->macro != nullptr ? call_macro(*callable, arguments)
                                    : callable->function(*this, callable->receiver, arguments);
}

void Renderer::assign(const Target& target, const Value& value, const ScopePtr& scope) {
  step();
  if (!target.attribute.empty()) {
    const Value space = lookup(target.name, scope);
    const auto* pointer = space.get<std::shared_ptr<Namespace>>();
    if (pointer == nullptr) throw Fault("cannot assign attribute on non-namespace object");
    (*pointer)->attributes.set(Value::text(target.attribute), value);
    return;
  }
  if (!target.name.empty()) {
    scope->names[target.name] = value;
    return;
  }
  const Items values = iterate(value);
  if (values.size() != target.parts.size())
    throw Fault(fmt::format("{} values to unpack, expected {}", values.size(), target.parts.size()));
  for (size_t i = 0; i < values.size(); ++i) assign(target.parts[i], values[i], scope);
}

}  // namespace fp8bench::jinja
