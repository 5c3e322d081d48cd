// Every verdict and every count of the real lm-evaluation-harness 0.4.13 (NLTK 3.10.4, langdetect 1.0.9) that the
// public data has: goldens/text_and_stats/ifeval, whose README names the scripts.
#include <zlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/ifeval/checkers.h"
#include "datasets/ifeval/instructions.h"
#include "datasets/ifeval/punkt.h"
#include "datasets/ifeval/python_text.h"
#include "datasets/ifeval/word_tokenizer.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using ifeval::Outcome;
using ifeval::Verdict;
using nlohmann::ordered_json;

std::string unpacked(const std::filesystem::path& path) {
  const auto file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string text, block(1 << 16, '\0');
  for (int n = 0; (n = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;)
    text.append(block, 0, static_cast<size_t>(n));
  gzclose(file);
  return text;
}

std::vector<ordered_json> lines_of_json(const std::filesystem::path& path) {
  std::vector<ordered_json> lines;
  const std::string text = unpacked(path);  // gzread reads what is not packed too
  for (const std::string_view line : python::split(text, "\n"))
    if (!line.empty()) lines.push_back(ordered_json::parse(line));
  return lines;
}

struct Tally {
  int decided = 0, undecided = 0, wrong = 0;

  void take(const Outcome& outcome, bool expected, bool stable, const std::string& what) {
    if (outcome.verdict == Verdict::kUndecided) {
      ++undecided;
      return;
    }
    ++decided;
    if ((outcome.verdict == Verdict::kFollows) == expected || !stable) return;
    ++wrong;
    UNSCOPED_INFO(what << ": expected " << expected);
  }
};

bool may_be_undecided(const std::string& id) {
  return id == "language:response_language" || id == "change_case:english_capital" ||
         id == "change_case:english_lowercase" || id == "keywords:letter_frequency";
}

TEST_CASE("ifeval: verdicts on published responses are lm-eval's, strict and loose") {
  FP8BENCH_REQUIRE_DATA(goldens, "goldens/text_and_stats/ifeval/verdicts_text_bison.jsonl");
  FP8BENCH_REQUIRE_DATA(data, "eval/ifeval/input_data.jsonl");
  std::map<int64_t, ordered_json> prompts;
  for (ordered_json& line : lines_of_json(data)) prompts.emplace(line.at("key").get<int64_t>(), std::move(line));
  const auto responses = lines_of_json(data.parent_path() / "input_response_data_text_bison.jsonl");

  Tally tally;
  for (const ordered_json& golden : lines_of_json(goldens)) {
    if (golden.contains("header")) continue;
    const std::string response = responses.at(golden.at("response_line").get<size_t>()).at("response");
    const ordered_json& prompt = prompts.at(golden.at("key").get<int64_t>());
    const auto& ids = prompt.at("instruction_id_list");
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::string id = ids[i];
      const bool stable = !golden.contains("seed_stable") || golden["seed_stable"][i].get<bool>();
      const std::string what = golden["key"].dump() + " " + id;
      const Outcome strict = ifeval::follows(id, prompt["kwargs"][i], response);
      const Outcome loose = ifeval::follows_loosely(id, prompt["kwargs"][i], response);
      tally.take(strict, golden["strict"][i], stable, what + " strict");
      tally.take(loose, golden["loose"][i], stable, what + " loose");
      if (strict.verdict == Verdict::kUndecided || loose.verdict == Verdict::kUndecided) CHECK(may_be_undecided(id));
    }
  }
  CHECK(tally.wrong == 0);
  CHECK(tally.decided + tally.undecided == 2 * 834);
  CHECK(tally.undecided == 168);  // all of them needs a language or a letter that is none
}

TEST_CASE("ifeval: edge cases of every instruction") {
  FP8BENCH_REQUIRE_DATA(goldens, "goldens/text_and_stats/ifeval/edge_cases.jsonl");
  Tally tally;
  int numbers = 0;
  for (const ordered_json& golden : lines_of_json(goldens)) {
    const std::string id = golden.at("instruction_id"), response = golden.at("response");
    const bool stable = golden.value("seed_stable", true);
    const std::string what = golden.dump();
    tally.take(ifeval::follows(id, golden["kwargs"], response), golden["strict"], stable, what + " strict");
    tally.take(ifeval::follows_loosely(id, golden["kwargs"], response), golden["loose"], stable, what + " loose");
    if (!golden.contains("observed") || !golden["observed"].is_number()) continue;
    INFO(what);
    const std::map<std::string, int64_t (*)(std::string_view)> counters = {
        {"length_constraints:number_sentences", ifeval::count_sentences},
        {"length_constraints:number_words", ifeval::count_words},
        {"change_case:capital_word_frequency", ifeval::count_capital_words}};
    if (counters.count(id) == 0) continue;
    ++numbers;
    CHECK(counters.at(id)(response) == golden["observed"].get<int64_t>());
  }
  CHECK(tally.wrong == 0);
  CHECK(tally.decided + tally.undecided == 2 * 222);
  CHECK(tally.undecided < 40);
  CHECK(numbers > 30);
}

TEST_CASE("ifeval: sentences, words and upper-case words of every published response") {
  FP8BENCH_REQUIRE_DATA(counts, "goldens/text_and_stats/ifeval/text_counts_text_bison.jsonl");
  FP8BENCH_REQUIRE_DATA(spans, "goldens/text_and_stats/ifeval/sentence_spans_text_bison.jsonl.gz");
  FP8BENCH_REQUIRE_DATA(data, "eval/ifeval/input_response_data_text_bison.jsonl");
  const auto responses = lines_of_json(data);
  for (const ordered_json& golden : lines_of_json(counts)) {
    const std::string text = responses.at(golden.at("response_line").get<size_t>()).at("response");
    INFO("response " << golden["response_line"]);
    CHECK(ifeval::count_sentences(text) == golden["sentences"].get<int64_t>());
    CHECK(ifeval::count_words(text) == golden["words"].get<int64_t>());
    CHECK(ifeval::count_capital_words(text) == golden["upper_words"].get<int64_t>());
    CHECK(python::is_upper(std::string_view(text)) == golden["isupper"].get<bool>());
    CHECK(python::is_lower(std::string_view(text)) == golden["islower"].get<bool>());
  }
  for (const ordered_json& golden : lines_of_json(spans)) {
    const std::string text = responses.at(golden.at("response_line").get<size_t>()).at("response");
    INFO("response " << golden["response_line"]);
    const auto sentences = punkt_sentences(text);
    REQUIRE(sentences.size() == golden["spans"].size());
    const auto points = [&](size_t bytes) { return python::length(std::string_view(text).substr(0, bytes)); };
    for (size_t i = 0; i < sentences.size(); ++i) {
      CHECK(points(sentences[i].begin) == golden["spans"][i][0].get<int64_t>());
      CHECK(points(sentences[i].end) == golden["spans"][i][1].get<int64_t>());
    }
    const auto words = word_tokenize(text);
    CHECK(words.size() == golden["n_word_tokens"].get<size_t>());
    std::vector<std::string> upper;
    for (const std::string& word : words)
      if (python::is_upper(std::string_view(word))) upper.push_back(word);
    const auto expected = golden["upper"].get<std::vector<std::string>>();
    upper.resize(std::min<size_t>(upper.size(), 200));
    CHECK(upper == expected);
  }
}

TEST_CASE("ifeval: word_tokenize token by token") {
  FP8BENCH_REQUIRE_DATA(goldens, "goldens/text_and_stats/ifeval/word_tokenize.jsonl");
  for (const ordered_json& golden : lines_of_json(goldens)) {
    const std::string text = golden.at("text");
    INFO(text);
    CHECK(word_tokenize(text) == golden["tokens"].get<std::vector<std::string>>());
    CHECK(ifeval::count_words(text) == golden["words"].get<int64_t>());
    std::vector<std::string> sentences;
    for (const SentenceSpan& span : punkt_sentences(text))
      sentences.push_back(text.substr(span.begin, span.end - span.begin));
    CHECK(sentences == golden["sentences"].get<std::vector<std::string>>());
  }
}

}  // namespace
}  // namespace fp8bench
