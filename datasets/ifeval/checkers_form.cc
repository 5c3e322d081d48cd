#include <fmt/core.h>

#include "datasets/ifeval/arguments.h"
#include "datasets/ifeval/checkers.h"
#include "datasets/ifeval/json_text.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"
#include "datasets/task.h"

namespace fp8bench::ifeval {
namespace {

using python::Regex;

Outcome postscript_after(std::string_view lowered, std::string_view marker) {
  std::string pattern = fmt::format(R"(\s*{}.*$)", python::lower(marker));
  if (marker == "P.P.S") pattern = R"(\s*p\.\s?p\.\s?s.*$)";
  if (marker == "P.S.") pattern = R"(\s*p\.\s?s\..*$)";
  return decided(Regex(pattern, Regex::kMultiLine).search(lowered));
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool starts_with(std::string_view text, std::string_view begin) { return text.substr(0, begin.size()) == begin; }

}  // namespace

Outcome postscript(std::string_view response, const Arguments& arguments) {
  const auto given = text_argument(arguments, "postscript_marker");
  const std::string lowered = python::lower(response);
  if (given) return postscript_after(lowered, python::strip(*given));
  return unanimous({postscript_after(lowered, "P.S."), postscript_after(lowered, "P.P.S")});
}

Outcome constrained_response(std::string_view response, const Arguments&) {
  for (const char* option : {"My answer is yes.", "My answer is no.", "My answer is maybe."})
    if (response.find(option) != std::string_view::npos) return decided(true);
  return decided(false);
}

Outcome json_format(std::string_view response, const Arguments&) {
  std::string_view text = python::strip(response);
  for (const std::string_view fence : {"```json", "```Json", "```JSON", "```"})
    if (starts_with(text, fence)) text.remove_prefix(fence.size());
  if (ends_with(text, "```")) text.remove_suffix(3);
  return decided(python::json_loads(python::strip(text)));
}

Outcome title(std::string_view response, const Arguments&) {
  static const Regex pattern(R"(<<[^\n]+>>)");
  bool any = false;
  pattern.each(response, [&](const Regex::Match& match) {
    any = any || !python::strip(python::strip_right(python::strip_left(match.group[0], '<'), '>')).empty();
  });
  return decided(any);
}

Outcome two_responses(std::string_view response, const Arguments&) {
  const auto parts = python::split(response, "******");
  std::vector<std::string_view> answers;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string_view answer = python::strip(parts[i]);
    if (!answer.empty())
      answers.push_back(answer);
    else if (i != 0 && i + 1 != parts.size())
      return decided(false);
  }
  return decided(answers.size() == 2 && answers[0] != answers[1]);
}

Outcome repeat_prompt(std::string_view response, const Arguments& arguments) {
  const auto prompt = text_argument(arguments, "prompt_to_repeat");
  if (!prompt) throw DatasetError("the argument \"prompt_to_repeat\": expected a text, found none");
  return decided(starts_with(python::lower(python::strip(response)), python::lower(python::strip(*prompt))));
}

Outcome end_checker(std::string_view response, const Arguments& arguments) {
  const auto given = text_argument(arguments, "end_phrase");
  const std::string text = python::lower(python::strip(python::strip(response), '"'));
  const auto ends = [&](std::string_view phrase) {
    return decided(ends_with(text, python::lower(python::strip(phrase))));
  };
  if (given) return ends(*given);
  return unanimous({ends("Any other questions?"), ends("Is there anything else I can help with?")});
}

Outcome quotation(std::string_view response, const Arguments&) {
  const std::string_view text = python::strip(response);
  return decided(text.size() > 1 && text.front() == '"' && text.back() == '"');
}

}  // namespace fp8bench::ifeval
