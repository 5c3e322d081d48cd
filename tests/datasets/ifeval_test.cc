#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "datasets/ifeval/checkers.h"
#include "datasets/ifeval/instructions.h"
#include "datasets/ifeval/json_text.h"
#include "datasets/ifeval/language.h"
#include "datasets/ifeval/punkt.h"
#include "datasets/ifeval/python_regex.h"
#include "datasets/ifeval/python_text.h"
#include "datasets/ifeval/word_tokenizer.h"
#include "datasets/task.h"

namespace fp8bench {
namespace {

using ifeval::Verdict;
using nlohmann::ordered_json;
using python::Regex;

Verdict strict(const std::string& id, const std::string& arguments, std::string_view response) {
  return ifeval::follows(id, ordered_json::parse(arguments), response).verdict;
}

std::string reason(const std::string& id, const std::string& arguments, std::string_view response) {
  return std::string(ifeval::follows(id, ordered_json::parse(arguments), response).reason);
}

std::string refusal(const std::string& id, const std::string& arguments) {
  try {
    ifeval::follows(id, ordered_json::parse(arguments), "text");
  } catch (const DatasetError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("the table of instructions has 25, each once") {
  std::set<std::string_view> ids;
  for (const ifeval::Instruction& instruction : ifeval::instructions()) ids.insert(instruction.id);
  CHECK(ifeval::instructions().size() == 25);
  CHECK(ids.size() == 25);
  CHECK(ifeval::find_instruction("keywords:existence") != nullptr);
  CHECK(ifeval::find_instruction("keywords:exist") == nullptr);
}

TEST_CASE("a blank response follows nothing, not even \"no comma\"") {
  for (const char* blank : {"", "  \n\t", "\u00a0\u2003", "\x1c"})
    CHECK(strict("punctuation:no_comma", "{}", blank) == Verdict::kFails);
  CHECK(strict("punctuation:no_comma", "{}", "\u200b") == Verdict::kFollows);  // no white space to Python
}

TEST_CASE("loose takes the asterisks, the first line and the last line away") {
  const auto no_arguments = ordered_json::object();
  const std::string text = "Sure, here:\nplain\nBye, now";
  CHECK(ifeval::follows("punctuation:no_comma", no_arguments, text).verdict == Verdict::kFails);
  CHECK(ifeval::follows_loosely("punctuation:no_comma", no_arguments, text).verdict == Verdict::kFollows);
  CHECK(ifeval::follows_loosely("punctuation:no_comma", no_arguments, "a, b\nc, d\ne").verdict == Verdict::kFails);
  const auto word = ordered_json::parse(R"({"keywords": ["alpha"]})");
  CHECK(ifeval::follows("keywords:existence", word, "al*pha").verdict == Verdict::kFails);
  CHECK(ifeval::follows_loosely("keywords:existence", word, "al*pha").verdict == Verdict::kFollows);
}

TEST_CASE("what a random detector would say is undecided, what it need not be asked for is decided") {
  const std::string english = R"({"language": "en"})";
  CHECK(reason("language:response_language", english, "This is a sentence.") == "needs langdetect");
  CHECK(strict("language:response_language", english, "1 2 3 !") == Verdict::kFollows);  // it raises: followed
  CHECK(strict("language:response_language", english, "https://example.com/abc") == Verdict::kFollows);
  CHECK(reason("language:response_language", english, "\u3001") == "needs langdetect");  // a comma that it knows
  CHECK(strict("change_case:english_capital", "{}", "Not all CAPITAL") == Verdict::kFails);
  CHECK(strict("change_case:english_capital", "{}", "12345") == Verdict::kFails);
  CHECK(strict("change_case:english_capital", "{}", "A@B.CD") == Verdict::kFollows);
  CHECK(reason("change_case:english_capital", "{}", "ALL CAPITAL") == "needs langdetect");
  CHECK(reason("change_case:english_lowercase", "{}", "all small") == "needs langdetect");
  CHECK(strict("change_case:english_lowercase", "{}", "Not small") == Verdict::kFails);
}

TEST_CASE("an argument that lm-eval would draw decides nothing unless every draw agrees") {
  const std::string odd = R"({"letter": "#", "let_frequency": 1, "let_relation": "at least"})";
  CHECK(reason("keywords:letter_frequency", odd, "abc") == "random argument");
  CHECK(strict("keywords:letter_frequency", odd, "the quick brown fox jumps over a lazy dog") == Verdict::kFollows);
  CHECK(strict("keywords:letter_frequency", odd, "###") == Verdict::kFails);
  // falsy arguments are dropped before the call
  CHECK(reason("detectable_format:number_highlighted_sections", R"({"num_highlights": 0})", "*a*") ==
        "random argument");
  CHECK(strict("detectable_format:number_highlighted_sections", R"({"num_highlights": null})", "none") ==
        Verdict::kFails);
  CHECK(strict("detectable_format:number_highlighted_sections", "{}", "*a* *b* *c* *d*") == Verdict::kFollows);
  CHECK(reason("length_constraints:number_words", R"({"num_words": 3})", "a b c") == "random argument");
  CHECK(strict("startend:end_checker", R"({"end_phrase": ""})", "Any other questions?") != Verdict::kFails);
  CHECK(strict("startend:end_checker", "{}", "No more.") == Verdict::kFails);
}

TEST_CASE("instructions that are not what they should be are refused by name") {
  CHECK_THAT(refusal("keywords:exist", "{}"), Catch::Contains("25 instructions") && Catch::Contains("keywords:exist"));
  CHECK_THAT(refusal("punctuation:no_comma", R"({"n": 1})"), Catch::Contains("punctuation:no_comma"));
  CHECK_THAT(refusal("keywords:existence", R"({"keywords": "a"})"), Catch::Contains("expected a list of strings"));
  CHECK_THAT(refusal("keywords:existence", R"({"keywords": ["(a"]})"), Catch::Contains("regular expression"));
  CHECK_THAT(refusal("length_constraints:number_words", R"({"num_words": "3", "relation": "at least"})"),
             Catch::Contains("expected a number"));
  CHECK_THAT(refusal("length_constraints:number_words", R"({"num_words": 3, "relation": "at most"})"),
             Catch::Contains("at least") && Catch::Contains("at most"));
  CHECK_THAT(refusal("language:response_language", R"({"language": "tlh"})"), Catch::Contains("tlh"));
  CHECK(refusal("punctuation:no_comma", R"({"n": null, "relation": ""})") == "accepted");
}

TEST_CASE("case and space are Python's") {
  CHECK(python::is_upper(std::string_view("\u2167")));  // Roman numeral
  CHECK(python::is_lower(std::string_view("a\u00aa")));
  CHECK_FALSE(python::is_upper(std::string_view("A\u01c5")));  // title case is neither
  CHECK_FALSE(python::is_upper(std::string_view("123")));
  CHECK(python::lower("\u0130\u03a3A\u03a3") == "i\u0307\u03c3a\u03c2");
  CHECK(python::strip("\x1f\u3000 a \u2028") == "a");
  CHECK(python::strip("\u200b a") == "\u200b a");
  CHECK(python::split_space(" a\u2003b\n").size() == 2);
  CHECK(python::valid_utf8("a\xff\xe4\xb8z\xed\xa0\x80") == "a\ufffd\ufffdz\ufffd\ufffd\ufffd");
}

TEST_CASE("patterns are Python's: folding, words, escapes") {
  const auto found = [](const char* pattern, const char* text) {
    return Regex(pattern, Regex::kIgnoreCase).search(text);
  };
  CHECK(found("k", "\u212a"));  // Kelvin sign
  CHECK(found("STRA\u00dfE", "stra\u1e9ee"));
  CHECK_FALSE(found("strasse", "stra\u00dfe"));
  CHECK(found("s", "\u017f"));
  CHECK(found("i", "\u0131"));
  CHECK(found("\u03c3", "\u03c2"));
  CHECK_FALSE(found("a.b", "a\nb"));
  CHECK(found("\\bbad\\b", "not-bad"));
  CHECK_FALSE(found("\\bbad\\b", "bad_"));
  CHECK(found("\\bbad\\b", "bad\u0301"));  // a mark is no word character to re
  CHECK(found("^a{,2}$", "aa"));
  CHECK(found("{a}", "{a}"));
  CHECK(found("[[:alpha:]", "["));
  CHECK(found("a\\Z", "a"));
  CHECK_FALSE(found("a\\Z", "a\n"));
  CHECK(Regex("x*").count("axb") == 4);  // "", "x", "", "" as re has it since 3.7
  for (const char* bad : {"\\q", "(a", "[a", "(*ACCEPT)", "(?R)", "a\\", "\\Qa\\E", "*a"})
    CHECK_THROWS_AS(Regex(bad), DatasetError);
  CHECK_THROWS_AS(Regex("(a|a)*$").search(std::string(40, 'a') + "b"), python::RegexLimit);
}

TEST_CASE("JSON is what json.loads takes") {
  for (const char* good :
       {"{}", "[1, 2]", "NaN", "-Infinity", "1e999", "\"\\ud800\"", R"({"a":1,"a":2})", " [ ] ", "0"})
    CHECK(python::json_loads(good));
  for (const char* bad : {"", "{a:1}", "[1,]", "01", "\"\t\"", "'a'", "nan", "+1", "1.", "\"\\x\"", "{}{}", "\ufeff{}",
                          ".5", "[", "\"\\u12\""})
    CHECK_FALSE(python::json_loads(bad));
  CHECK(python::json_loads(std::string(4300, '9')));
  CHECK_FALSE(python::json_loads(std::string(4301, '9')));
  CHECK(python::json_loads(std::string(4301, '9') + ".5"));
  CHECK_FALSE(python::json_loads(std::string(100000, '[')));
}

// Made with nltk 3.10.4: PunktTokenizer("english").tokenize and word_tokenize.
TEST_CASE("sentences and words of a few hard texts") {
  const auto sentences = [](std::string_view text) { return punkt_sentences(text).size(); };
  CHECK(sentences("Mr. Smith went to Washington D.C. today. He left.") == 2);
  CHECK(sentences("He said \"Go.\" She left.") == 2);
  CHECK(sentences("One... Two... Three...") == 1);
  CHECK(sentences("J. R. R. Tolkien wrote it.") == 1);
  CHECK(sentences("(Sent one.) Sent two.") == 2);
  CHECK(sentences("What?! Really?! Yes.") == 3);
  CHECK(sentences("") == 0);
  using Words = std::vector<std::string>;
  CHECK(word_tokenize("\"I'M GONNA go,\" she said.") ==
        Words{"``", "I", "'M", "GON", "NA", "go", ",", "''", "she", "said", "."});
  CHECK(word_tokenize("They'd've can't.") == Words{"They'd", "'ve", "ca", "n't", "."});
  CHECK(word_tokenize("a--b c...d 5:30") == Words{"a", "--", "b", "c", "...", "d", "5:30"});
}

// A tokenizer without the list of abbreviations would split here: the parameters are really read.
TEST_CASE("the bundled Punkt parameters decide") {
  CHECK(punkt_sentences("We met Gen. Smith there.").size() == 1);
  CHECK(punkt_sentences("We met Xqz. Smith there.").size() == 2);
}

TEST_CASE("any bytes are checked in bounded time") {
  std::mt19937 random(7);
  const std::string_view letters = " \n.,*-!?\"'[]<>{}()#aAbB1P.S\xc3\xa9\xe4\xb8\xff\xf0\x9f\x98\x80";
  const auto arguments = [](const ifeval::Instruction& instruction) {
    ordered_json all = {
        {"keywords", {"a+b", "x"}}, {"keyword", "a"},      {"frequency", 2},         {"relation", "at least"},
        {"forbidden_words", {"b"}}, {"letter", "a"},       {"let_frequency", 2},     {"let_relation", "less than"},
        {"language", "de"},         {"num_sentences", 2},  {"num_paragraphs", 2},    {"num_words", 5},
        {"nth_paragraph", 1},       {"first_word", "a"},   {"num_placeholders", 1},  {"postscript_marker", "P.S."},
        {"num_bullets", 1},         {"num_highlights", 1}, {"section_spliter", "A"}, {"num_sections", 1},
        {"prompt_to_repeat", "a"},  {"end_phrase", "a"},   {"capital_frequency", 1}, {"capital_relation", "at least"}};
    ordered_json own = ordered_json::object();
    for (const std::string_view name : python::split(instruction.arguments, ", "))
      if (!name.empty()) own[std::string(name)] = all.at(std::string(name));
    return own;
  };
  const auto begin = std::chrono::steady_clock::now();
  const auto check = [&](const std::string& text) {
    for (const ifeval::Instruction& instruction : ifeval::instructions()) {
      const auto outcome = ifeval::follows_loosely(instruction.id, arguments(instruction), text);
      CHECK((outcome.verdict == Verdict::kUndecided) == !outcome.reason.empty());
    }
  };
  for (int i = 0; i < 40; ++i) {
    std::string text(random() % 200, ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    check(text);
  }
  for (const char* piece : {"\n", " ", "*", ".", "! ", "\"", "a", "[", "{\"a\":", "<", "''", ". ", "\n-", "@", "-"}) {
    std::string text;
    while (text.size() < 6000) text += piece;
    check(text);
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

}  // namespace
}  // namespace fp8bench
