#include "datasets/ifeval/punkt_tokens.h"

#include <charconv>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench {
namespace {

using python::Regex;

constexpr std::string_view kParameters[] = {
#include "datasets/ifeval/punkt_english.inc"
};

// Where a word was seen in training; the numbers of the published file.
enum Orthography : unsigned { kBeginUpper = 2, kMiddleUpper = 4, kAnyUpper = 14, kBeginLower = 16, kAnyLower = 112 };

struct Parameters {
  std::unordered_set<std::string_view> abbreviations, starters;
  std::unordered_set<std::string> collocations;  // two words with a tab between
  std::unordered_map<std::string_view, unsigned> orthography;

  unsigned seen(std::string_view type) const {
    const auto at = orthography.find(type);
    return at == orthography.end() ? 0 : at->second;
  }
};

const Parameters& parameters() {
  static const Parameters read = [] {
    Parameters p;
    for (const std::string_view block : kParameters) {
      for (std::string_view line : python::split(block, "\n")) {
        if (line.empty()) continue;
        const char kind = line.front();
        line.remove_prefix(2);
        if (kind == 'a') p.abbreviations.insert(line);
        if (kind == 's') p.starters.insert(line);
        if (kind == 'c') p.collocations.emplace(line);
        if (kind == 'o') {
          const size_t tab = line.find('\t');
          unsigned value = 0;
          std::from_chars(line.data() + tab + 1, line.data() + line.size(), value);
          p.orthography.emplace(line.substr(0, tab), value);
        }
      }
    }
    return p;
  }();
  return read;
}

// The regex package's kinds, which differ from re's: its \w has marks, connectors and joiners, its \s no U+001C..1F.
#define FP8_WORD R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d})"
#define FP8_SPACE R"(\t-\r \x{85}\p{Z})"
#define FP8_BREAKING R"re([)";}\]*:@'\({\[\x{2018}\x{2019}\x{201c}\x{201d}\xab\xbb?!])re"
#define FP8_RUN R"((?:-{2,}|\.{2,}|(?:\.[)" FP8_SPACE R"(]){2,}\.))"

const Regex& word_pattern() {
  static const Regex pattern(FP8_RUN R"(|[^)" FP8_SPACE R"(\("`{\[:;&#*@)}\]\-,][^)" FP8_SPACE R"(]*?(?=[)" FP8_SPACE
                                     R"(]|$|)" FP8_BREAKING "|" FP8_RUN "|,(?=$|[" FP8_SPACE "]|" FP8_BREAKING
                                     "|" FP8_RUN "))|[^" FP8_SPACE "]",
                             Regex::kNative);
  return pattern;
}

struct Word {
  std::string_view text;
  std::string type;  // lower case; numbers are all the same
  bool period = false, ends_sentence = false, abbreviation = false, ellipsis = false;

  std::string_view type_without_period() const {
    std::string_view t = type;
    if (t.size() > 1 && t.back() == '.') t.remove_suffix(1);
    return t;
  }
  std::string_view type_without_sentence_period() const { return ends_sentence ? type_without_period() : type; }
  char32_t first() const {
    size_t at = 0;
    return python::next_character(text, at);
  }
};

Word make_word(std::string_view text) {
  static const Regex number(R"(^-?[.,]?\p{Nd}[\p{Nd},.\-]*\.?$)", Regex::kNative);
  Word word{.text = text, .type = python::lower(text)};
  if (number.search(word.type)) word.type = "##number##";
  word.period = text.back() == '.';
  return word;
}

bool is_abbreviation(std::string_view word) {
  const std::string low = python::lower(word);
  const auto& known = parameters().abbreviations;
  return known.count(low) > 0 || known.count(std::string_view(low).substr(low.rfind('-') + 1)) > 0;
}

// By the word alone.
void judge_word(Word& word) {
  static const Regex ellipsis(R"(\.\.+$)", Regex::kNative);
  Regex::Match match;
  if (word.text == "." || word.text == "?" || word.text == "!")
    word.ends_sentence = true;
  else if (ellipsis.match_at(word.text, 0, match))
    word.ellipsis = true;
  else if (word.period && !(word.text.size() > 1 && word.text[word.text.size() - 2] == '.'))
    (is_abbreviation(word.text.substr(0, word.text.size() - 1)) ? word.abbreviation : word.ends_sentence) = true;
}

enum class Starts { kNo, kYes, kUnknown };

// Whether the word is the first of a sentence, by how it was written in training.
Starts orthographic(const Word& word) {
  if (word.text.size() == 1 && std::string_view(";:,.!?").find(word.text.front()) != std::string_view::npos)
    return Starts::kNo;
  const unsigned seen = parameters().seen(word.type_without_sentence_period());
  const char32_t first = word.first();
  if (python::is_upper(first) && (seen & kAnyLower) != 0 && (seen & kMiddleUpper) == 0) return Starts::kYes;
  if (python::is_lower(first) && ((seen & kAnyUpper) != 0 || (seen & kBeginLower) == 0)) return Starts::kNo;
  return Starts::kUnknown;
}

// By the word that follows.
void judge_pair(Word& word, const Word& next) {
  static const Regex initial(R"((?!\p{Nd})[)" FP8_WORD R"(]\.$)", Regex::kNative);
  if (!word.period) return;
  const std::string_view type = word.type_without_period();
  const std::string_view next_type = next.type_without_sentence_period();
  const auto no_break = [&] {
    word.ends_sentence = false;
    word.abbreviation = true;
  };
  if (parameters().collocations.count(std::string(type) + "\t" + std::string(next_type)) > 0) return no_break();

  Regex::Match match;
  const bool is_initial = initial.match_at(word.text, 0, match);
  const bool next_upper = python::is_upper(next.first());
  if ((word.abbreviation || word.ellipsis) && !is_initial) {
    if (orthographic(next) == Starts::kYes || (next_upper && parameters().starters.count(next_type) > 0)) {
      word.ends_sentence = true;
      return;
    }
  }
  if (!is_initial && type != "##number##") return;
  const Starts starts = orthographic(next);
  if (starts == Starts::kNo) return no_break();
  if (starts == Starts::kUnknown && is_initial && next_upper && (parameters().seen(next_type) & kAnyLower) == 0)
    no_break();
}

}  // namespace

bool punkt_ends_word(char32_t c) {
  if (c < 0x80) return std::string_view(")\";}]*:@'({[?!").find(static_cast<char>(c)) != std::string_view::npos;
  return c == 0x2018 || c == 0x2019 || c == 0x201C || c == 0x201D || c == 0xAB || c == 0xBB;
}

bool punkt_has_break(std::string_view text) {
  std::vector<Word> words;
  for (const std::string_view line : python::split(text, "\n")) {
    if (python::strip(line).empty()) continue;
    word_pattern().each(line, [&](const Regex::Match& match) { words.push_back(make_word(match.group[0])); });
  }
  for (Word& word : words) judge_word(word);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    judge_pair(words[i], words[i + 1]);
    if (words[i].ends_sentence) return true;
  }
  return false;
}

}  // namespace fp8bench
