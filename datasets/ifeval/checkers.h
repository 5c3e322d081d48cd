// One function an instruction; instructions.cc has the table. Facts (patterns, options, ranges of the draws) are those
// of lm-evaluation-harness 0.4.13.
#pragma once
#include "datasets/ifeval/instructions.h"

namespace fp8bench::ifeval {

using Arguments = nlohmann::ordered_json;

// checkers_words.cc: which words, letters and languages
Outcome keywords_existence(std::string_view response, const Arguments& arguments);
Outcome keywords_frequency(std::string_view response, const Arguments& arguments);
Outcome forbidden_words(std::string_view response, const Arguments& arguments);
Outcome letter_frequency(std::string_view response, const Arguments& arguments);
Outcome response_language(std::string_view response, const Arguments& arguments);
Outcome capital_word_frequency(std::string_view response, const Arguments& arguments);
Outcome english_capital(std::string_view response, const Arguments& arguments);
Outcome english_lowercase(std::string_view response, const Arguments& arguments);
Outcome no_comma(std::string_view response, const Arguments& arguments);

// checkers_length.cc: how much of what
Outcome number_sentences(std::string_view response, const Arguments& arguments);
Outcome number_words(std::string_view response, const Arguments& arguments);
Outcome number_paragraphs(std::string_view response, const Arguments& arguments);
Outcome nth_paragraph_first_word(std::string_view response, const Arguments& arguments);
Outcome number_placeholders(std::string_view response, const Arguments& arguments);
Outcome number_bullet_lists(std::string_view response, const Arguments& arguments);
Outcome number_highlighted_sections(std::string_view response, const Arguments& arguments);
Outcome multiple_sections(std::string_view response, const Arguments& arguments);

// checkers_form.cc: how it begins, ends and is wrapped
Outcome postscript(std::string_view response, const Arguments& arguments);
Outcome constrained_response(std::string_view response, const Arguments& arguments);
Outcome json_format(std::string_view response, const Arguments& arguments);
Outcome title(std::string_view response, const Arguments& arguments);
Outcome two_responses(std::string_view response, const Arguments& arguments);
Outcome repeat_prompt(std::string_view response, const Arguments& arguments);
Outcome end_checker(std::string_view response, const Arguments& arguments);
Outcome quotation(std::string_view response, const Arguments& arguments);

// What the counting instructions compare; for tests.
int64_t count_words(std::string_view response);
int64_t count_sentences(std::string_view response);
int64_t count_capital_words(std::string_view response);

}  // namespace fp8bench::ifeval
