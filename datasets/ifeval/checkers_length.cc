#include <fmt/core.h>

#include "datasets/ifeval/arguments.h"
#include "datasets/ifeval/checkers.h"
#include "datasets/ifeval/punkt.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench::ifeval {
namespace {

using python::Regex;

Outcome with_paragraphs(const std::vector<std::string_view>& parts, double wanted, double nth, std::string_view word) {
  double count = 0;
  for (const std::string_view part : parts) count += !python::strip(part).empty();
  if (nth > count) return decided(false);
  const std::string_view paragraph = python::strip(parts[static_cast<size_t>(nth) - 1]);
  if (paragraph.empty()) return decided(false);
  std::string_view first = python::split_space(paragraph).front();
  first = python::strip_left(python::strip_left(first, '\''), '"');
  std::string letters;
  for (size_t at = 0; at < first.size();) {
    const size_t begin = at;
    const char32_t c = python::next_character(first, at);
    if (c < 0x80 && std::string_view(".,?!'\"").find(static_cast<char>(c)) != std::string_view::npos) break;
    letters += python::lower(first.substr(begin, at - begin));
  }
  return decided(count == wanted && letters == word);
}

bool visible_part(std::string_view part) { return !python::strip(part).empty(); }

}  // namespace

int64_t count_sentences(std::string_view response) { return static_cast<int64_t>(punkt_sentences(response).size()); }

Outcome number_sentences(std::string_view response, const Arguments& arguments) {
  const Threshold wanted = threshold(arguments, "num_sentences", 1, 20);
  return related(static_cast<double>(count_sentences(response)), wanted, arguments, "relation");
}

int64_t count_words(std::string_view response) {
  // The regex package's \w+, by way of NLTK: unlike re's it takes combining marks.
  static const Regex word(R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]++)", Regex::kNative);
  return word.count(response);
}

Outcome number_words(std::string_view response, const Arguments& arguments) {
  const Threshold wanted = threshold(arguments, "num_words", 100, 500);
  return related(static_cast<double>(count_words(response)), wanted, arguments, "relation");
}

Outcome number_paragraphs(std::string_view response, const Arguments& arguments) {
  static const Regex divider(R"(\s?\*\*\*\s?)");
  const Threshold wanted = threshold(arguments, "num_paragraphs", 1, 5);
  const auto parts = divider.split(response);
  double count = static_cast<double>(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (visible_part(parts[i])) continue;
    if (i != 0 && i + 1 != parts.size()) return decided(false);
    --count;
  }
  return equal_to(count, wanted);
}

Outcome nth_paragraph_first_word(std::string_view response, const Arguments& arguments) {
  const Threshold number = threshold(arguments, "num_paragraphs", 1, 5);
  const double given = number_argument(arguments, "nth_paragraph").value_or(0);
  const auto word = text_argument(arguments, "first_word");
  if (!word) return undecided(kRandomArgument);
  const std::string wanted = python::lower(*word);
  const auto parts = python::split(response, "\n\n");
  std::vector<Outcome> draws;
  for (double n = number.low; n <= number.high; ++n) {
    if (given > 0 && given <= n) {
      draws.push_back(with_paragraphs(parts, n, given, wanted));
      continue;
    }
    for (double nth = 1; nth <= n + 1; ++nth) {
      draws.push_back(with_paragraphs(parts, n, nth, wanted));
      if (nth > static_cast<double>(parts.size())) break;  // the rest is the same
    }
  }
  return unanimous(draws);
}

Outcome number_placeholders(std::string_view response, const Arguments& arguments) {
  static const Regex placeholder(R"(\[.*?\])");
  return at_least(static_cast<double>(placeholder.count(response)), threshold(arguments, "num_placeholders", 1, 4));
}

Outcome number_bullet_lists(std::string_view response, const Arguments& arguments) {
  static const Regex star(R"(^\s*\*[^\*].*$)", Regex::kMultiLine);
  static const Regex dash(R"(^\s*-.*$)", Regex::kMultiLine);
  const int64_t count = star.count(response) + dash.count(response);
  return equal_to(static_cast<double>(count), threshold(arguments, "num_bullets", 1, 5));
}

Outcome number_highlighted_sections(std::string_view response, const Arguments& arguments) {
  static const Regex single(R"(\*[^\n\*]*\*)");
  static const Regex twice(R"(\*\*[^\n\*]*\*\*)");
  int64_t count = 0;
  single.each(response, [&](const Regex::Match& match) { count += visible_part(python::strip(match.group[0], '*')); });
  twice.each(response, [&](const Regex::Match& match) {
    count += visible_part(match.group[0].substr(2, match.group[0].size() - 4));
  });
  return at_least(static_cast<double>(count), threshold(arguments, "num_highlights", 1, 4));
}

Outcome multiple_sections(std::string_view response, const Arguments& arguments) {
  const auto given = text_argument(arguments, "section_spliter");
  const Threshold wanted = threshold(arguments, "num_sections", 1, 5);
  std::vector<std::string> splitters{"Section", "SECTION"};
  if (given) splitters = {std::string(python::strip(*given))};
  std::vector<Outcome> draws;
  for (const std::string& splitter : splitters) {
    const Regex pattern(fmt::format(R"(\s?{}\s?\d+\s?)", splitter));
    // re.split puts the groups of its pattern among the parts, and every part is counted.
    const auto parts = static_cast<double>(pattern.count(response)) * (1 + pattern.groups());
    draws.push_back(at_least(parts, wanted));
  }
  return unanimous(draws);
}

}  // namespace fp8bench::ifeval
