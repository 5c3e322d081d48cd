#include "datasets/ifeval/word_tokenizer.h"

#include "datasets/ifeval/punkt.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"

namespace fp8bench {
namespace {

using python::Regex;

struct Rule {
  const char* pattern;
  const char* replacement;  // & the whole match, 1..3 a group
  unsigned flags;
};

// The regex package's kinds (see punkt_tokens.cc).
#define FP8_WORD R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d})"
#define FP8_SPACE R"(\t-\r \x{85}\p{Z})"
#define FP8_CLITICS "(?:re|ve|ll|m|t|s|d|n)"

constexpr unsigned kNative = Regex::kNative;
constexpr unsigned kNativeAnyCase = Regex::kNative | Regex::kIgnoreCase;

// In this order; each one reads what the one before wrote.
constexpr Rule kRules[] = {
    // opening quotes
    {R"(([\xab\x{201c}\x{2018}\x{201e}]|`+))", " 1 ", kNative},
    {R"(^")", "``", kNative},
    {"(``)", " 1 ", kNative},
    {R"(([ (\[{<])("|'{2}))", "1 `` ", kNative},
    {"(?<![" FP8_WORD "])(')(?!" FP8_CLITICS "(?![" FP8_WORD "]))(?=[" FP8_WORD "])", "1 ", kNativeAnyCase},
    // punctuation
    {R"(([^.])(\.)([\])}>"'\xbb\x{201d}\x{2019} ]*+)[)" FP8_SPACE R"(]*$)", "1 2 3 ", kNative},
    {R"(([:,])(\P{Nd}))", " 1 2", kNative},
    {"([:,])$", " 1 ", kNative},
    {R"(\.{2,})", " & ", kNative},
    {"[;@#$%&]", " & ", kNative},
    {R"([\x{2012}-\x{2015}])", " & ", kNative},
    {R"(([^.])(\.)([\])}>"']*)[)" FP8_SPACE R"(]*$)", "1 23 ", kNative},
    {"[?!]", " & ", kNative},
    {"([^'])' ", "1 ' ", kNative},
    {"[*]", " & ", kNative},
    {R"([\]\[(){}<>])", " & ", kNative},
    {"--", " -- ", kNative},
    {R"(\A|\z)", " ", kNative},
    // closing quotes
    {R"(([\xbb\x{201d}\x{2019}]))", " 1 ", kNative},
    {"''", " '' ", kNative},
    {"\"", " '' ", kNative},
    {"[" FP8_SPACE "]+", " ", kNative},
    {"([^' ])('[sS]|'[mM]|'[dD]|') ", "1 2 ", kNative},
    {"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "1 2 ", kNative},
    // contractions, which NLTK leaves to re
    {R"(\b(can)(not)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(d)('ye)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(gim)(me)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(gon)(na)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(got)(ta)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(lem)(me)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(more)('n)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"(\b(wan)(na)(?=\s))", " 1 2 ", Regex::kIgnoreCase},
    {R"( ('t)(is)\b)", " 1 2 ", Regex::kIgnoreCase},
    {R"( ('t)(was)\b)", " 1 2 ", Regex::kIgnoreCase},
};

const std::vector<Regex>& patterns() {
  static const std::vector<Regex> compiled = [] {
    std::vector<Regex> all;
    for (const Rule& rule : kRules) all.emplace_back(rule.pattern, rule.flags);
    return all;
  }();
  return compiled;
}

void write(const char* replacement, const Regex::Match& match, std::string& out) {
  for (const char* c = replacement; *c != '\0'; ++c) {
    if (*c == '&')
      out += match.group[0];
    else if (*c >= '1' && *c <= '3')
      out += match.group[static_cast<size_t>(*c - '0')];
    else
      out += *c;
  }
}

}  // namespace

std::vector<std::string> word_tokenize_sentence(std::string_view sentence) {
  std::string text(sentence);
  for (size_t r = 0; r < std::size(kRules); ++r)
    text = patterns()[r].replace(
        text, [&](const Regex::Match& match, std::string& out) { write(kRules[r].replacement, match, out); });
  std::vector<std::string> words;
  for (const std::string_view word : python::split_space(text)) words.emplace_back(word);
  return words;
}

std::vector<std::string> word_tokenize(std::string_view text) {
  std::vector<std::string> words;
  for (const SentenceSpan& span : punkt_sentences(text))
    for (std::string& word : word_tokenize_sentence(text.substr(span.begin, span.end - span.begin)))
      words.push_back(std::move(word));
  return words;
}

}  // namespace fp8bench
