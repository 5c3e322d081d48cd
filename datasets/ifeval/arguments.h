// Arguments of an instruction, and verdicts over arguments that are drawn at random because the data leaves them out.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/ifeval/instructions.h"

namespace fp8bench::ifeval {

inline constexpr std::string_view kRandomArgument = "random argument";

inline Outcome decided(bool follows) { return {follows ? Verdict::kFollows : Verdict::kFails, {}}; }
inline Outcome undecided(std::string_view reason) { return {Verdict::kUndecided, reason}; }
// The common verdict; undecided if they differ.
Outcome unanimous(const std::vector<Outcome>& draws);

// All throw DatasetError naming the argument if it is there and of another kind.
std::optional<std::string> text_argument(const nlohmann::ordered_json& arguments, const char* name);
std::optional<std::vector<std::string>> list_argument(const nlohmann::ordered_json& arguments, const char* name);
std::optional<double> number_argument(const nlohmann::ordered_json& arguments, const char* name);

// A threshold, or the smallest and the largest that may be drawn.
struct Threshold {
  double low = 0, high = 0;
};
// The argument; [low, high] if it is absent or (unless signed_too) negative.
Threshold threshold(const nlohmann::ordered_json& arguments, const char* name, double low, double high,
                    bool signed_too = false);
Outcome at_least(double count, const Threshold& wanted);
Outcome equal_to(double count, const Threshold& wanted);
// By the argument `name`: "at least", "less than", or absent (drawn).
Outcome related(double count, const Threshold& wanted, const nlohmann::ordered_json& arguments, const char* name);

}  // namespace fp8bench::ifeval
