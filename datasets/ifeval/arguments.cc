#include "datasets/ifeval/arguments.h"

#include <fmt/core.h>

#include "datasets/task.h"

namespace fp8bench::ifeval {
namespace {

[[noreturn]] void refuse(const char* name, std::string_view expected, const nlohmann::ordered_json& found) {
  throw DatasetError(fmt::format("the argument \"{}\": expected {}, found {}", name, expected, found.dump()));
}

const nlohmann::ordered_json* find(const nlohmann::ordered_json& arguments, const char* name) {
  const auto at = arguments.find(name);
  return at == arguments.end() ? nullptr : &*at;
}

}  // namespace

Outcome unanimous(const std::vector<Outcome>& draws) {
  for (const Outcome& draw : draws) {
    if (draw.verdict == Verdict::kUndecided) return draw;
    if (draw.verdict != draws.front().verdict) return undecided(kRandomArgument);
  }
  return draws.front();
}

std::optional<std::string> text_argument(const nlohmann::ordered_json& arguments, const char* name) {
  const auto* value = find(arguments, name);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse(name, "a string", *value);
  return value->get<std::string>();
}

std::optional<std::vector<std::string>> list_argument(const nlohmann::ordered_json& arguments, const char* name) {
  const auto* value = find(arguments, name);
  if (value == nullptr) return {};
  if (!value->is_array()) refuse(name, "a list of strings", *value);
  std::vector<std::string> texts;
  for (const auto& item : *value) {
    if (!item.is_string()) refuse(name, "a list of strings", *value);
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::optional<double> number_argument(const nlohmann::ordered_json& arguments, const char* name) {
  const auto* value = find(arguments, name);
  if (value == nullptr) return {};
  if (!value->is_number()) refuse(name, "a number", *value);
  return value->get<double>();
}

Threshold threshold(const nlohmann::ordered_json& arguments, const char* name, double low, double high,
                    bool signed_too) {
  const auto value = number_argument(arguments, name);
  if (!value || (*value < 0 && !signed_too)) return {low, high};
  return {*value, *value};
}

Outcome at_least(double count, const Threshold& wanted) {
  if (count >= wanted.high) return decided(true);
  if (count < wanted.low) return decided(false);
  return undecided(kRandomArgument);
}

Outcome equal_to(double count, const Threshold& wanted) {
  if (count < wanted.low || count > wanted.high) return decided(false);
  return wanted.low == wanted.high ? decided(true) : undecided(kRandomArgument);
}

Outcome related(double count, const Threshold& wanted, const nlohmann::ordered_json& arguments, const char* name) {
  const auto relation = text_argument(arguments, name);
  if (!relation) return undecided(kRandomArgument);
  const Outcome enough = at_least(count, wanted);
  if (*relation == "at least" || enough.verdict == Verdict::kUndecided) return enough;
  if (*relation == "less than") return decided(enough.verdict == Verdict::kFails);
  refuse(name, "\"at least\" or \"less than\"", *relation);
}

}  // namespace fp8bench::ifeval
