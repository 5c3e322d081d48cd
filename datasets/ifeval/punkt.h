// Sentence boundaries as NLTK 3.10's Punkt tokenizer finds them in English text (realign_boundaries on): Kiss and
// Strunk, "Unsupervised Multilingual Sentence Boundary Detection", Computational Linguistics 32(4), 2006, with the
// published English parameters, which are part of the program (punkt_english.inc).
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace fp8bench {

struct SentenceSpan {
  size_t begin = 0, end = 0;  // bytes
};

// text: valid UTF-8. Sentences in order; none is empty. Throws python::RegexLimit.
std::vector<SentenceSpan> punkt_sentences(std::string_view text);

}  // namespace fp8bench
