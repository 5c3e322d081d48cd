// The 25 instructions of IFEval (Zhou et al., arXiv:2311.07911) as lm-evaluation-harness 0.4.13 checks them: one
// visible table. Verdicts are its own; where it draws a random number (a language detector, an argument that the data
// leaves out) the verdict is "undecided" unless every draw gives the same one: it is counted apart, never guessed.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

namespace fp8bench::ifeval {

enum class Verdict { kFails, kFollows, kUndecided };

struct Outcome {
  Verdict verdict = Verdict::kFails;
  std::string_view reason;  // of kUndecided: "needs langdetect", "random argument", "search limit"
};

struct Instruction {
  std::string_view id;         // "keywords:existence"
  std::string_view arguments;  // names that it takes, with ", " between
  // response: valid UTF-8, not blank. arguments: an object without falsy values. Throws DatasetError: an argument is
  // not of its kind.
  Outcome (*check)(std::string_view response, const nlohmann::ordered_json& arguments);
};

std::span<const Instruction> instructions();
const Instruction* find_instruction(std::string_view id);  // nullptr: there is none

// Strict: the response as it is. Loose: one of eight variants (without asterisks, without the first or last line)
// follows. A blank response follows nothing. arguments: an entry of "kwargs" as it stands in the data. response: any
// bytes; what is not UTF-8 counts as U+FFFD. Throw DatasetError: an unknown instruction or argument, or a wrong value.
Outcome follows(std::string_view id, const nlohmann::ordered_json& arguments, std::string_view response);
Outcome follows_loosely(std::string_view id, const nlohmann::ordered_json& arguments, std::string_view response);

}  // namespace fp8bench::ifeval
