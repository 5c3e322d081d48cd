// What can be said without a draw about the language detector that lm-eval asks (langdetect 1.0.9, which chooses
// n-grams at random): it raises, and the instruction counts as followed, where a text has nothing that it knows.
#pragma once
#include <string_view>

namespace fp8bench::ifeval {

bool is_known_language(std::string_view code);  // one of IFEval's 30 codes

// True: certainly no n-gram of the text is in a profile of langdetect (URLs and e-mail addresses are taken out first,
// digits and common punctuation are blanks to it). False: it would find a language. text: valid UTF-8.
bool detector_finds_nothing(std::string_view text);

}  // namespace fp8bench::ifeval
