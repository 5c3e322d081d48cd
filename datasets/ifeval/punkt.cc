#include "datasets/ifeval/punkt.h"

#include "datasets/ifeval/punkt_tokens.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench {
namespace {

using python::Regex;

// A place where a sentence may end: the character . ? or ! and what has to be looked at to decide.
struct Candidate {
  size_t context = 0;    // begin of the word before it
  size_t mark = 0;       // the character
  size_t after_end = 0;  // end of the word, or of the punctuation, that follows
  size_t next = 0;       // begin of the word that follows after space; 0: punctuation follows at once
};

// White space as the regex package's \s has it.
bool pattern_space(char32_t c) { return python::is_space(c) && !(c >= 0x1C && c <= 0x1F); }

// What follows a mark at `at`: punctuation at once, or space and a word. False: neither.
bool look_after(std::string_view text, size_t at, Candidate& found) {
  if (at >= text.size()) return false;
  size_t next = at;
  const char32_t first = python::next_character(text, next);
  found.next = 0;
  found.after_end = next;
  if (punkt_ends_word(first)) return true;
  if (!pattern_space(first)) return false;
  for (size_t end = next; end < text.size(); next = end) {
    if (pattern_space(python::next_character(text, end))) continue;
    found.next = next;
    while (end < text.size()) {
      size_t further = end;
      if (pattern_space(python::next_character(text, further))) break;
      end = further;
    }
    found.after_end = end;
    return true;
  }
  return false;
}

// The last ASCII white space of text[begin, end), counted from begin; 0 also if there is none, as NLTK has it.
size_t last_space(std::string_view text, size_t begin, size_t end) {
  for (size_t i = end; i-- > begin;)
    if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')) return i - begin;
  return 0;
}

// One candidate a word: "what?!" asks once, at its last mark.
std::vector<Candidate> candidates(std::string_view text) {
  std::vector<Candidate> found;
  Candidate previous;
  bool any = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != '?' && text[i] != '!') continue;
    Candidate here;
    if (!look_after(text, i + 1, here)) continue;
    here.mark = i;
    const size_t space = last_space(text, previous.mark, i);
    here.context = space != 0 ? previous.mark + space + 1 : previous.context;
    if (any && previous.mark <= here.context) found.push_back(previous);
    previous = here;
    any = true;
  }
  if (any) found.push_back(previous);
  return found;
}

// Where closing quotes and brackets that belong to the sentence before end; npos: nothing of the kind.
struct Closing {
  size_t length = 0, stripped = 0;
};
bool closing_part(std::string_view sentence, Closing& found) {
  static const Regex pattern(R"(["')\]}\x{2018}\x{2019}\x{201c}\x{201d}\xab\xbb]+?(?:[\t-\r \x{85}\p{Z}]+|(?=--)|$))",
                             Regex::kNative | Regex::kMultiLine);
  Regex::Match match;
  if (!pattern.match_at(sentence, 0, match)) return false;
  found.length = match.end;
  found.stripped = python::strip_right(match.group[0]).size();
  return true;
}

}  // namespace

std::vector<SentenceSpan> punkt_sentences(std::string_view text) {
  std::vector<SentenceSpan> pieces;
  size_t begin = 0;
  for (const Candidate& candidate : candidates(text)) {
    if (!punkt_has_break(text.substr(candidate.context, candidate.after_end - candidate.context))) continue;
    pieces.push_back({begin, candidate.mark + 1});
    begin = candidate.next != 0 ? candidate.next : candidate.mark + 1;
  }
  pieces.push_back({begin, python::strip_right(text).size()});

  std::vector<SentenceSpan> sentences;
  size_t moved = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const SentenceSpan piece{pieces[i].begin + moved, pieces[i].end};
    Closing closing;
    const bool last = i + 1 == pieces.size();
    if (!last && pieces[i + 1].begin < pieces[i + 1].end &&
        closing_part(text.substr(pieces[i + 1].begin, pieces[i + 1].end - pieces[i + 1].begin), closing)) {
      sentences.push_back({piece.begin, pieces[i + 1].begin + closing.stripped});
      moved = closing.length;
      continue;
    }
    moved = 0;
    if (piece.begin < piece.end) sentences.push_back(piece);
  }
  return sentences;
}

}  // namespace fp8bench
