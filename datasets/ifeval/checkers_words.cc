#include <fmt/core.h>

#include "datasets/ifeval/arguments.h"
#include "datasets/ifeval/checkers.h"
#include "datasets/ifeval/language.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"
#include "datasets/ifeval/word_tokenizer.h"
#include "datasets/task.h"

namespace fp8bench::ifeval {
namespace {

using python::Regex;

constexpr std::string_view kNeedsDetector = "needs langdetect";

int64_t occurrences(std::string_view text, std::string_view letter) {
  int64_t count = 0;
  for (size_t at = text.find(letter); at != std::string_view::npos; at = text.find(letter, at + letter.size())) ++count;
  return count;
}

// The letter in lower case if it is one of a..z (the Kelvin sign is), else nothing: then one is drawn.
std::string plain_letter(std::string_view letter) {
  if (python::length(letter) != 1) return {};
  std::string low = python::lower(letter);
  return low.size() == 1 && low[0] >= 'a' && low[0] <= 'z' ? low : std::string();
}

// An upper-case or lower-case text that the detector must call English. It has letters, but they may all stand in an
// e-mail address.
Outcome english(std::string_view response, bool right_case) {
  if (!right_case) return decided(false);
  return detector_finds_nothing(response) ? decided(true) : undecided(kNeedsDetector);
}

}  // namespace

Outcome keywords_existence(std::string_view response, const Arguments& arguments) {
  const auto keywords = list_argument(arguments, "keywords");
  if (!keywords) return undecided(kRandomArgument);
  bool all = true;
  for (const std::string& keyword : *keywords) all = Regex(keyword, Regex::kIgnoreCase).search(response) && all;
  return decided(all);
}

Outcome keywords_frequency(std::string_view response, const Arguments& arguments) {
  const auto keyword = text_argument(arguments, "keyword");
  const Threshold wanted = threshold(arguments, "frequency", 1, 3);
  if (!keyword) return undecided(kRandomArgument);
  const int64_t count = Regex(python::strip(*keyword), Regex::kIgnoreCase).count(response);
  return related(static_cast<double>(count), wanted, arguments, "relation");
}

Outcome forbidden_words(std::string_view response, const Arguments& arguments) {
  const auto words = list_argument(arguments, "forbidden_words");
  if (!words) return undecided(kRandomArgument);
  bool any = false;
  for (const std::string& word : *words)
    any = Regex(fmt::format("\\b{}\\b", word), Regex::kIgnoreCase).search(response) || any;
  return decided(!any);
}

Outcome letter_frequency(std::string_view response, const Arguments& arguments) {
  std::string letters = plain_letter(text_argument(arguments, "letter").value_or(""));
  if (letters.empty()) letters = "abcdefghijklmnopqrstuvwxyz";  // one of them is drawn
  const Threshold wanted = threshold(arguments, "let_frequency", 1, 10);
  const std::string text = python::lower(response);
  std::vector<Outcome> draws;
  for (const char letter : letters) {
    const int64_t count = occurrences(text, std::string_view(&letter, 1));
    draws.push_back(related(static_cast<double>(count), wanted, arguments, "let_relation"));
  }
  return unanimous(draws);
}

Outcome response_language(std::string_view response, const Arguments& arguments) {
  const auto language = text_argument(arguments, "language");
  if (language && !is_known_language(*language))
    throw DatasetError(
        fmt::format("the argument \"language\": expected one of IFEval's 30 codes, found \"{}\"", *language));
  if (detector_finds_nothing(response)) return decided(true);
  return undecided(language ? kNeedsDetector : kRandomArgument);
}

int64_t count_capital_words(std::string_view response) {
  int64_t count = 0;
  for (const std::string& word : word_tokenize(response)) count += python::is_upper(std::string_view(word));
  return count;
}

Outcome capital_word_frequency(std::string_view response, const Arguments& arguments) {
  const Threshold wanted = threshold(arguments, "capital_frequency", 1, 20, /*signed_too=*/true);
  return related(static_cast<double>(count_capital_words(response)), wanted, arguments, "capital_relation");
}

Outcome english_capital(std::string_view response, const Arguments&) {
  return english(response, python::is_upper(response));
}

Outcome english_lowercase(std::string_view response, const Arguments&) {
  return english(response, python::is_lower(response));
}

Outcome no_comma(std::string_view response, const Arguments&) {
  return decided(response.find(',') == std::string_view::npos);
}

}  // namespace fp8bench::ifeval
