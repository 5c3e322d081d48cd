#include "datasets/bfcl/ast_checker.h"

#include <fmt/core.h>

#include <algorithm>

#include "datasets/bfcl/decode_calls.h"
#include "datasets/bfcl/value_checker.h"

namespace fp8bench::bfcl {
namespace {

using python::Value;
using Type = Value::Type;

Verdict right() { return {true, {}, {}}; }
Verdict wrong(std::string error_type) { return {false, std::move(error_type), {}}; }

const Value& at(const Value* dict, std::string_view key) {
  if (dict == nullptr || !dict->is(Type::kDict)) throw CheckerRaises("TypeError");
  const Value* found = dict->find(key);
  if (found == nullptr) throw CheckerRaises("KeyError");
  return *found;
}

const std::pair<Value, Value>& only_entry(const Value& dict) {
  if (!dict.is(Type::kDict)) throw CheckerRaises("AttributeError");
  if (dict.entries.empty()) throw CheckerRaises("IndexError");
  return dict.entries.front();
}

const Value* description_of(const Value& functions, const Value& name) {
  for (const Value& function : functions.items)
    if (at(&function, "name") == name) return &function;
  return nullptr;
}

std::string written_name(std::string name, const CheckOptions& options) {
  if (options.underscore_to_dot) std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

// One call against one function. The order of the checks decides which error is named.
std::string call_error(const Value* function, const Value& call, const Value& answer, const CheckOptions& options) {
  const Value& accepted = only_entry(answer).second;
  const std::string name = written_name(at(function, "name").text, options);
  const Value& parameters = at(function, "parameters");
  const Value& properties = at(&parameters, "properties");
  const Value& required = at(&parameters, "required");

  const Value* arguments = call.find(name);
  if (arguments == nullptr) return "simple_function_checker:wrong_func_name";
  for (const Value& parameter : required.items)
    if (arguments->find(parameter) == nullptr) return "simple_function_checker:missing_required";
  for (const auto& [parameter, value] : arguments->entries) {
    const Value* schema = properties.find(parameter);
    const Value* values = accepted.find(parameter);
    if (schema == nullptr || values == nullptr) return "simple_function_checker:unexpected_param";
    std::string error = argument_error(*schema, value, *values);
    if (!error.empty()) return error;
  }
  for (const auto& [parameter, values] : accepted.entries)
    if (arguments->find(parameter) == nullptr &&
        std::find(values.items.begin(), values.items.end(), Value::of_string("")) == values.items.end())
      return "simple_function_checker:missing_optional";
  return {};
}

Verdict one_call(const Value* function, const Value& call, const Value& answer, const CheckOptions& options) {
  std::string error = call_error(function, call, answer, options);
  return error.empty() ? right() : wrong(std::move(error));
}

// Each answer in turn takes the first call that is left and fits.
Verdict calls_in_any_order(const Value& functions, const Value& calls, const Value& answers,
                           const CheckOptions& options) {
  if (calls.items.size() != answers.items.size()) return wrong("parallel_function_checker_no_order:wrong_count");
  std::vector<bool> taken(calls.items.size(), false);
  for (const Value& answer : answers.items) {
    const Value* function = description_of(functions, only_entry(answer).first);
    Verdict verdict = wrong("parallel_function_checker_no_order:cannot_find_match");
    for (size_t i = 0; i < calls.items.size() && !verdict.valid; ++i) {
      if (taken[i]) continue;
      std::string error = call_error(function, calls.items[i], answer, options);
      verdict.valid = error.empty();
      taken[i] = verdict.valid;
      if (!error.empty()) verdict.sub_error_types.push_back(std::move(error));
    }
    if (!verdict.valid) return verdict;
  }
  return right();
}

Verdict check_shape_and_values(std::string_view category, const Value& functions, const Value& calls,
                               const Value& answers, const CheckOptions& options) {
  if (category.find("parallel") != std::string_view::npos)
    return calls_in_any_order(functions, calls, answers, options);
  if (answers.items.empty() || functions.items.empty()) throw CheckerRaises("IndexError");
  if (category.find("multiple") != std::string_view::npos) {
    if (calls.items.size() != answers.items.size()) return wrong("multiple_function_checker:wrong_count");
    const Value* function = description_of(functions, only_entry(answers.items[0]).first);
    return one_call(function, calls.items[0], answers.items[0], options);
  }
  if (calls.items.size() != 1) return wrong("simple_function_checker:wrong_count");
  return one_call(&functions.items[0], calls.items[0], answers.items[0], options);
}

bool is_irrelevance(std::string_view category) { return category.find("irrelevance") != std::string_view::npos; }

}  // namespace

Verdict check_calls(std::string_view category, const nlohmann::ordered_json& functions, const Value& calls,
                    const nlohmann::ordered_json& answers, const CheckOptions& options) {
  if (is_irrelevance(category))
    return is_call_list(calls) && !calls.items.empty() ? wrong("irrelevance_error:decoder_success") : right();
  if (!is_call_list(calls)) return wrong("ast_decoder:decoder_wrong_output_format");
  try {
    return check_shape_and_values(category, python::from_json(functions), calls, python::from_json(answers), options);
  } catch (const CheckerRaises& raised) {
    return wrong(fmt::format("exception:{}", raised.what()));
  }
}

Verdict check_text(std::string_view category, const nlohmann::ordered_json& functions, std::string_view text,
                   const nlohmann::ordered_json& answers, const CheckOptions& options) {
  const auto calls = decode_calls(text);
  if (calls) return check_calls(category, functions, *calls, answers, options);
  return is_irrelevance(category) ? right() : wrong("ast_decoder:decoder_failed");
}

}  // namespace fp8bench::bfcl
