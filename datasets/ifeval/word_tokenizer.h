// Words as nltk.word_tokenize(text) of NLTK 3.10 makes them: Punkt sentences, then the rules of the Penn Treebank
// tokenizer as NLTK extends them ("can't" is "ca" "n't", '"' is "``" or "''").
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace fp8bench {

// text: valid UTF-8. Throws python::RegexLimit.
std::vector<std::string> word_tokenize(std::string_view text);
std::vector<std::string> word_tokenize_sentence(std::string_view sentence);

}  // namespace fp8bench
