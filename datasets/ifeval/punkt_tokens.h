// The parameters of Punkt and the decision between two words: whether the first one ends a sentence.
#pragma once
#include <string>
#include <string_view>

namespace fp8bench {

// Characters that stand in no word: closing and opening punctuation, quotation marks, ? and !.
bool punkt_ends_word(char32_t c);

// Whether a sentence ends in this text before its last word. Throws python::RegexLimit.
bool punkt_has_break(std::string_view text);

}  // namespace fp8bench
