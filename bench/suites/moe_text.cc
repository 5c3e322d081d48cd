// What the main job scores: the bundled passages, the user's token ids, or seeded ids where a checkpoint comes without
// text.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <sstream>

#include "bench/suites/moe.h"
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

void ids_from_file(MoeContext& context, const std::string& path, int64_t vocab) {
  std::istringstream file(read_text_file(path));
  int line_number = 0;
  size_t longest = 0;
  for (std::string line; std::getline(file, line);) {
    const std::vector<int32_t> ids = parse_ids(line, fmt::format("{}:{}", path, ++line_number), vocab);
    if (!ids.empty()) context.text.add(ids);
    longest = std::max(longest, ids.size());
  }
  // A token is scored by the one that follows it in its sequence.
  if (longest < 2)
    throw InputError(
        fmt::format("{}: expected a line of at least two token ids, found at most {} a line", path, longest));
  context.text_name = path;
}

void seeded_ids(MoeContext& context, const ModelConfig& config) {
  const MoeOptions& options = context.options;
  context.text_name = fmt::format("{} sequences of {} seeded random ids (no text: not a perplexity of anything)",
                                  options.seeded_sequences, options.seeded_length);
  std::mt19937_64 random(context.common.seed);
  for (int64_t s = 0; s < options.seeded_sequences; ++s) {
    std::vector<int32_t> ids = {static_cast<int32_t>(config.bos)};
    while (static_cast<int64_t>(ids.size()) < options.seeded_length)
      ids.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(config.vocab)));
    context.text.add(ids);
  }
}

}  // namespace

void choose_text(MoeContext& context, const ModelConfig& config) {
  if (!context.options.ids_file.empty()) return ids_from_file(context, context.options.ids_file, config.vocab);
  if (!context.bundled) return seeded_ids(context, config);
  const auto documents = load_text(bundled_path() / "text.jsonl", config.vocab);
  context.text_name = fmt::format("{} held-out passages", documents.size());
  for (const TextDocument& document : documents) context.text.add(document.ids);
}

}  // namespace fp8bench
