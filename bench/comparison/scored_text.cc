#include "bench/comparison/scored_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <sstream>

#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/score/load_items.h"

namespace fp8bench {
namespace {

std::vector<int32_t> parse_ids(std::string line, const std::string& where, int64_t vocab) {
  std::replace(line.begin(), line.end(), ',', ' ');
  std::istringstream fields(line);
  std::vector<int32_t> ids;
  for (std::string field; fields >> field;) {
    char* end = nullptr;
    const long id = std::strtol(field.c_str(), &end, 10);
    if (*end != '\0' || id < 0 || id >= vocab)
      throw InputError(fmt::format("{}: expected a token id in [0, {}), found \"{}\"", where, vocab, field));
    ids.push_back(static_cast<int32_t>(id));
  }
  return ids;
}

ScoredText ids_from_file(const std::string& path, int64_t vocab) {
  ScoredText text;
  std::istringstream file(read_text_file(path));
  int line_number = 0;
  size_t longest = 0;
  for (std::string line; std::getline(file, line);) {
    const std::vector<int32_t> ids = parse_ids(line, fmt::format("{}:{}", path, ++line_number), vocab);
    if (!ids.empty()) text.batch.add(ids);
    longest = std::max(longest, ids.size());
  }
  // A token is scored by the one that follows it in its sequence.
  if (longest < 2)
    throw InputError(
        fmt::format("{}: expected a line of at least two token ids, found at most {} a line", path, longest));
  text.name = path;
  return text;
}

ScoredText seeded_ids(const TextOptions& options, uint64_t seed, const ModelConfig& config) {
  ScoredText text;
  text.name = fmt::format("{} sequences of {} seeded random ids (no text: not a perplexity of anything)",
                          options.seeded_sequences, options.seeded_length);
  std::mt19937_64 random(seed);
  for (int64_t s = 0; s < options.seeded_sequences; ++s) {
    std::vector<int32_t> ids;
    if (config.bos >= 0) ids.push_back(static_cast<int32_t>(config.bos));
    while (static_cast<int64_t>(ids.size()) < options.seeded_length)
      ids.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(config.vocab)));
    text.batch.add(ids);
  }
  return text;
}

}  // namespace

ScoredText choose_text(const TextOptions& options, uint64_t seed, bool bundled, const ModelConfig& config) {
  if (!options.ids_file.empty()) return ids_from_file(options.ids_file, config.vocab);
  if (!bundled) return seeded_ids(options, seed, config);
  const auto documents = load_text(bundled_path() / "text.jsonl", config.vocab);
  ScoredText text;
  text.name = fmt::format("{} held-out passages", documents.size());
  for (const TextDocument& document : documents) text.batch.add(document.ids);
  return text;
}

void add_text_options(CLI::App& app, TextOptions& options) {
  app.add_option(
      "--ids-file", options.ids_file,
      "token ids to score, one sequence a line; default: the bundled text, or seeded ids for other checkpoints");
  app.add_option("--sequences", options.seeded_sequences,
                 "seeded sequences when a checkpoint comes without text (count)")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--length", options.seeded_length, "length of a seeded sequence (tokens)")
      ->check(CLI::Range(2, 262144))
      ->capture_default_str();
}

}  // namespace fp8bench
