#include "harness/score/log_likelihood.h"

#include <fmt/core.h>

#include "harness/engine/prefix_tree.h"
#include "harness/io/error.h"
#include "harness/score/score_head.h"

namespace fp8bench {
namespace {

// Logits of a block of rows: small enough to stay in cache where the head stays in memory, large where every block
// loads the head anew.
constexpr int64_t kSmallScratch = int64_t{64} << 20, kLargeScratch = int64_t{1} << 30;
constexpr int64_t kLargeVocab = 65536;

std::vector<std::span<const int32_t>> inputs_of(std::span<const ScoredSequence> sequences) {
  std::vector<std::span<const int32_t>> inputs;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const ScoredSequence& sequence = sequences[i];
    if (sequence.scored < 1 || sequence.scored >= static_cast<int64_t>(sequence.ids.size()))
      throw CheckError(fmt::format("sequence {}: expected at least one scored token and one before it, found {} of {}",
                                   i, sequence.scored, sequence.ids.size()));
    inputs.push_back(sequence.input());
  }
  return inputs;
}

// The rows that predict the scored tokens, sequence by sequence.
std::vector<RowTarget> row_targets(std::span<const ScoredSequence> sequences, const PrefixTree& tree) {
  std::vector<RowTarget> rows;
  for (size_t s = 0; s < sequences.size(); ++s) {
    const std::vector<int32_t>& ids = sequences[s].ids;
    const int64_t length = static_cast<int64_t>(ids.size());
    for (int64_t i = length - sequences[s].scored; i < length; ++i)
      rows.push_back({tree.row(s, i - 1), ids[static_cast<size_t>(i)]});
  }
  return rows;
}

std::vector<SequenceScore> sum_rows(std::span<const ScoredSequence> sequences, std::span<const RowTarget> targets,
                                    std::span<const RowScore> rows) {
  std::vector<SequenceScore> out(sequences.size());
  size_t row = 0;
  for (size_t s = 0; s < sequences.size(); ++s) {
    for (int64_t i = 0; i < sequences[s].scored; ++i, ++row) {
      out[s].log_likelihood += rows[row].logprob;
      out[s].greedy = out[s].greedy && rows[row].argmax == targets[row].target;
    }
  }
  return out;
}

}  // namespace

std::vector<std::vector<size_t>> plan_passes(std::span<const ScoredSequence> sequences, int64_t max_tokens) {
  const std::vector<std::span<const int32_t>> inputs = inputs_of(sequences);
  const PrefixOrder order = prefix_order(inputs);
  std::vector<std::vector<size_t>> passes;
  int64_t tokens = 0;
  for (size_t i = 0; i < order.order.size(); ++i) {
    const size_t s = order.order[i];
    const int64_t length = static_cast<int64_t>(inputs[s].size());
    const int64_t more = length - order.shared[i];
    if (passes.empty() || (more > 0 && tokens + more > max_tokens)) {
      passes.emplace_back();
      tokens = length;
    } else {
      tokens += more;
    }
    passes.back().push_back(s);
  }
  return passes;
}

int64_t pass_bytes_per_token(std::span<const RunSpec> runs) {
  int64_t floats = 0, caches = 0;
  for (const RunSpec& run : runs) {
    const ModelConfig& config = run.model->config();
    floats += config.hidden + config.ple * run.model->layer_count() + config.experts + 2 * config.top_k;
    int64_t layer_cache = 0, shared = 0;
    for (size_t l = 0; l < config.layers.size(); ++l) {
      const LayerConfig& layer = config.layers[l];
      layer_cache = std::max(layer_cache, 2 * layer.kv_heads * layer.head_dim);
      if (layer.kv_donor >= 0) shared = 2 * layer_cache;  // a sliding and a full donor stay until the last reader
    }
    caches = std::max(caches, layer_cache + shared);
  }
  return static_cast<int64_t>(sizeof(float)) * (floats + caches);
}

std::vector<std::vector<SequenceScore>> score_sequences(std::span<const RunSpec> runs,
                                                        std::span<const std::shared_ptr<const Head>> heads,
                                                        std::span<const ScoredSequence> sequences,
                                                        const ProgressCallback& progress, bool float32_softmax) {
  if (heads.size() != runs.size()) throw CheckError("score_sequences: expected one head per run");
  const PrefixTree tree(inputs_of(sequences));
  const std::vector<RowTarget> targets = row_targets(sequences, tree);
  std::vector<std::vector<float>> hidden = run_lockstep(runs, tree.batch(), {}, progress);
  std::vector<std::vector<SequenceScore>> out;
  for (size_t r = 0; r < runs.size(); ++r) {
    ScoreHeadOptions options;
    options.float32_softmax = float32_softmax;
    options.scratch_bytes = heads[r]->vocab() > kLargeVocab ? kLargeScratch : kSmallScratch;
    const ScoredRun run = scored_run(*heads[r], runs[r].options, hidden[r], tree.batch().tokens());
    out.push_back(sum_rows(sequences, targets, score_rows(run, targets, options)));
    hidden[r] = {};
  }
  return out;
}

}  // namespace fp8bench
