// Runs a parsed template.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/text/jinja/ast.h"
#include "harness/text/jinja/machine.h"

namespace fp8bench::jinja {

// A block that has names of its own: the template, a macro's body, one turn of a loop, a block set. `if` has none.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::map<std::string, Value, std::less<>> names;
};
using ScopePtr = std::shared_ptr<Scope>;

class Renderer : public Machine {
 public:
  Renderer(std::string template_name, const Limits& limits, std::optional<std::time_t> now)
      : Machine(limits, now), template_name_(std::move(template_name)) {}
  ~Renderer() override;

  // Throws InputError: "name:line: what".
  std::string render(const Block& block, const Dict& variables);
  Value call(const Value& callee, const Arguments& arguments) override;

 private:
  enum class Flow { kNext, kBreak, kContinue };
  class Level;  // counts Limits::depth

  [[noreturn]] void fail(int line, const std::string& what) const;

  // renderer.cc
  Flow run(const Block& block, const ScopePtr& scope);
  Flow run(const Statement& statement, const ScopePtr& scope);
  Flow run_if(const Statement& statement, const ScopePtr& scope);
  void run_for(const Statement& statement, const ScopePtr& scope, const Items& items, int64_t depth0);
  void run_with(const Statement& statement, const ScopePtr& scope);
  void run_call_block(const Statement& statement, const ScopePtr& scope);
  std::string capture(const Block& block, const ScopePtr& scope);
  Value make_macro(const Macro& macro, const ScopePtr& scope);
  Value call_macro(const Callable& macro, const Arguments& arguments);
  void assign(const Target& target, const Value& value, const ScopePtr& scope);
  void print(const std::string& text);

  // renderer_expressions.cc
  Value evaluate(const Expression& expression, const ScopePtr& scope);
  Value evaluate_bare(const Expression& expression, const ScopePtr& scope);
  Value evaluate_compare(const Expression& expression, const ScopePtr& scope);
  Value evaluate_dict(const Expression& expression, const ScopePtr& scope);
  Value evaluate_subscript(const Expression& expression, const ScopePtr& scope);
  Value evaluate_filter(const Expression& expression, const ScopePtr& scope, const Value* block);
  Value lookup(const std::string& name, const ScopePtr& scope);
  Items evaluate_all(const std::vector<ExpressionPtr>& expressions, const ScopePtr& scope);
  Arguments evaluate_arguments(const CallArguments& arguments, const ScopePtr& scope);

  std::string template_name_;
  std::string* out_ = nullptr;
  int depth_ = 0;
  std::vector<ScopePtr> captured_;  // by macros: emptied at the end, because a macro stands in the scope it keeps
};

}  // namespace fp8bench::jinja
