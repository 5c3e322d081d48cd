#include "datasets/ifeval/instructions.h"

#include <fmt/core.h>

#include <set>
#include <string>
#include <vector>

#include "datasets/ifeval/arguments.h"
#include "datasets/ifeval/checkers.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"
#include "datasets/task.h"

namespace fp8bench::ifeval {
namespace {

constexpr Instruction kInstructions[] = {
    {"keywords:existence", "keywords", keywords_existence},
    {"keywords:frequency", "keyword, frequency, relation", keywords_frequency},
    {"keywords:forbidden_words", "forbidden_words", forbidden_words},
    {"keywords:letter_frequency", "letter, let_frequency, let_relation", letter_frequency},
    {"language:response_language", "language", response_language},
    {"length_constraints:number_sentences", "num_sentences, relation", number_sentences},
    {"length_constraints:number_paragraphs", "num_paragraphs", number_paragraphs},
    {"length_constraints:number_words", "num_words, relation", number_words},
    {"length_constraints:nth_paragraph_first_word", "num_paragraphs, nth_paragraph, first_word",
     nth_paragraph_first_word},
    {"detectable_content:number_placeholders", "num_placeholders", number_placeholders},
    {"detectable_content:postscript", "postscript_marker", postscript},
    {"detectable_format:number_bullet_lists", "num_bullets", number_bullet_lists},
    {"detectable_format:constrained_response", "", constrained_response},
    {"detectable_format:number_highlighted_sections", "num_highlights", number_highlighted_sections},
    {"detectable_format:multiple_sections", "section_spliter, num_sections", multiple_sections},
    {"detectable_format:json_format", "", json_format},
    {"detectable_format:title", "", title},
    {"combination:two_responses", "", two_responses},
    {"combination:repeat_prompt", "prompt_to_repeat", repeat_prompt},
    {"startend:end_checker", "end_phrase", end_checker},
    {"startend:quotation", "", quotation},
    {"change_case:capital_word_frequency", "capital_frequency, capital_relation", capital_word_frequency},
    {"change_case:english_capital", "", english_capital},
    {"change_case:english_lowercase", "", english_lowercase},
    {"punctuation:no_comma", "", no_comma},
};

bool is_falsy(const nlohmann::ordered_json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value.get<double>() == 0;
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.empty();
}

// As lm-eval calls a checker: without the arguments that count as false in Python.
Arguments given_arguments(const Instruction& instruction, const Arguments& all) {
  if (!all.is_object()) throw DatasetError(fmt::format("expected an object of arguments, found {}", all.dump()));
  const auto known = python::split(instruction.arguments, ", ");
  Arguments given = Arguments::object();
  for (const auto& [name, value] : all.items()) {
    if (is_falsy(value)) continue;
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw DatasetError(
          fmt::format("{}: expected the arguments ({}), found \"{}\"", instruction.id, instruction.arguments, name));
    given[name] = value;
  }
  return given;
}

Outcome check(const Instruction& instruction, const Arguments& given, std::string_view response) {
  if (python::strip(response).empty()) return decided(false);
  try {
    return instruction.check(response, given);
  } catch (const python::RegexLimit&) {
    return undecided("search limit");
  } catch (const DatasetError& error) {
    throw DatasetError(fmt::format("{}: {}", instruction.id, error.what()));
  }
}

const Instruction& known_instruction(std::string_view id) {
  const Instruction* instruction = find_instruction(id);
  if (instruction == nullptr)
    throw DatasetError(
        fmt::format("expected one of IFEval's {} instructions, found \"{}\"", instructions().size(), id));
  return *instruction;
}

// The response, without its first line, last line, both; each with and without its asterisks.
std::set<std::string> variants(std::string_view response) {
  const size_t first = response.find('\n');
  const size_t last = response.rfind('\n');
  std::vector<std::string_view> cut{response};
  if (first != std::string_view::npos) {
    cut.push_back(python::strip(response.substr(first + 1)));
    cut.push_back(python::strip(response.substr(0, last)));
    if (first < last) cut.push_back(python::strip(response.substr(first + 1, last - first - 1)));
  }
  std::set<std::string> all;
  for (const std::string_view text : cut) {
    all.emplace(text);
    all.insert(python::without(text, '*'));
  }
  return all;
}

}  // namespace

std::span<const Instruction> instructions() { return kInstructions; }

const Instruction* find_instruction(std::string_view id) {
  for (const Instruction& instruction : kInstructions)
    if (instruction.id == id) return &instruction;
  return nullptr;
}

Outcome follows(std::string_view id, const nlohmann::ordered_json& arguments, std::string_view response) {
  const Instruction& instruction = known_instruction(id);
  return check(instruction, given_arguments(instruction, arguments), python::valid_utf8(response));
}

Outcome follows_loosely(std::string_view id, const nlohmann::ordered_json& arguments, std::string_view response) {
  const Instruction& instruction = known_instruction(id);
  const Arguments given = given_arguments(instruction, arguments);
  Outcome loose = decided(false);
  for (const std::string& variant : variants(python::valid_utf8(response))) {
    const Outcome outcome = check(instruction, given, variant);
    if (outcome.verdict == Verdict::kFollows) return outcome;
    if (outcome.verdict == Verdict::kUndecided) loose = outcome;
  }
  return loose;
}

}  // namespace fp8bench::ifeval
