#include "harness/score/score_head.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "harness/io/error.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

int64_t rows_per_block(int64_t runs, int64_t vocab, int64_t scratch_bytes, int64_t rows) {
  const int64_t row_bytes = runs * vocab * static_cast<int64_t>(sizeof(float));
  return std::clamp<int64_t>(scratch_bytes / row_bytes, 1, std::max<int64_t>(rows, 1));
}

// Logits of a few chosen rows of one run.
class BlockLogits {
 public:
  BlockLogits(const ScoredRun& run, int64_t rows)
      : run_(run),
        hidden_(static_cast<size_t>(rows * run.hidden_size)),
        logits_(static_cast<size_t>(rows * run.vocab)) {}

  void compute(std::span<const int64_t> rows) {
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto row =
          run_.hidden.subspan(static_cast<size_t>(rows[i] * run_.hidden_size), static_cast<size_t>(run_.hidden_size));
      std::copy(row.begin(), row.end(), hidden_.begin() + static_cast<int64_t>(i) * run_.hidden_size);
    }
    run_.logits(hidden_.data(), static_cast<int64_t>(rows.size()), logits_.data());
  }
  std::span<const float> row(int64_t i) const {
    return std::span(logits_).subspan(static_cast<size_t>(i * run_.vocab), static_cast<size_t>(run_.vocab));
  }

 private:
  const ScoredRun& run_;
  std::vector<float> hidden_, logits_;
};

void check_run(const ScoredRun& run, const std::string& name, int64_t tokens, int64_t vocab) {
  if (run.hidden_size < 1 || run.vocab != vocab ||
      static_cast<int64_t>(run.hidden.size()) != tokens * run.hidden_size) {
    throw CheckError(
        fmt::format("{}: expected hidden states of {} tokens and {} words, found {} values ({} a token) and {} words",
                    name, tokens, vocab, run.hidden.size(), run.hidden_size, run.vocab));
  }
}

// Where a scored token is, and what really came next.
struct Place {
  int64_t row;
  int32_t sequence, position, gold;
};

std::vector<Place> scored_places(const Batch& batch, int64_t first_position) {
  std::vector<Place> out;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    const int64_t begin = batch.offsets[s], end = batch.offsets[s + 1];
    for (int64_t row = begin + first_position; row + 1 < end; ++row) {
      out.push_back({row, static_cast<int32_t>(s), static_cast<int32_t>(row - begin), batch.ids[row + 1]});
    }
  }
  return out;
}

void set_distribution(std::span<const float> logits, const std::string& run, const Place& place,
                      WordDistribution& out) {
  try {
    set_from_logits(logits, out);
  } catch (const CheckError& error) {
    throw CheckError(
        fmt::format("{}, sequence {}, position {}: {}", run, place.sequence, place.position, error.what()));
  }
}

WordPrediction predict_row(std::span<const float> logits, int64_t row, bool float32) {
  try {
    return float32 ? predict_word_float32(logits) : predict_word(logits);
  } catch (const CheckError& error) {
    throw CheckError(fmt::format("row {}: {}", row, error.what()));
  }
}

TokenDivergence placed_divergence(const WordDistribution& p, const WordDistribution& q, const Place& place) {
  TokenDivergence token = token_divergence(p, q, place.gold);
  token.sequence = token.document = place.sequence;
  token.position = place.position;
  return token;
}

}  // namespace

ScoredRun scored_run(const Head& head, const EngineOptions& options, std::span<const float> hidden, int64_t tokens) {
  ScoredRun run;
  run.hidden = hidden;
  run.hidden_size = tokens > 0 ? static_cast<int64_t>(hidden.size()) / tokens : 0;
  run.vocab = head.vocab();
  run.logits = [&head, &options](const float* rows, int64_t count, float* out) {
    head.logits(rows, count, options, out);
  };
  return run;
}

std::vector<std::vector<TokenDivergence>> score_heads(const ScoredRun& reference, std::span<const ScoredRun> candidates,
                                                      const Batch& batch, const ScoreHeadOptions& options) {
  check_run(reference, "reference", batch.tokens(), reference.vocab);
  for (size_t c = 0; c < candidates.size(); ++c) {
    check_run(candidates[c], fmt::format("candidate {}", c), batch.tokens(), reference.vocab);
  }
  const std::vector<Place> places = scored_places(batch, options.first_position);
  const int64_t total = static_cast<int64_t>(places.size());
  const int64_t runs = static_cast<int64_t>(candidates.size()) + 1;
  const int64_t block = rows_per_block(runs, reference.vocab, options.scratch_bytes, total);
  std::vector<std::vector<TokenDivergence>> out(candidates.size(), std::vector<TokenDivergence>(places.size()));
  BlockLogits reference_logits(reference, block);
  std::vector<BlockLogits> logits;
  for (const ScoredRun& candidate : candidates) logits.emplace_back(candidate, block);

  for (int64_t first = 0; first < total; first += block) {
    const int64_t count = std::min(block, total - first);
    std::vector<int64_t> rows;
    for (int64_t i = first; i < first + count; ++i) rows.push_back(places[i].row);
    reference_logits.compute(rows);
    for (BlockLogits& candidate : logits) candidate.compute(rows);
    parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      WordDistribution p, q;
      for (int64_t i = begin; i < end; ++i) {
        const Place& place = places[first + i];
        set_distribution(reference_logits.row(i), "reference", place, p);
        for (size_t c = 0; c < logits.size(); ++c) {
          set_distribution(logits[c].row(i), fmt::format("candidate {}", c), place, q);
          out[c][first + i] = placed_divergence(p, q, place);
        }
      }
    });
  }
  return out;
}

std::vector<RowScore> score_rows(const ScoredRun& run, std::span<const RowTarget> rows,
                                 const ScoreHeadOptions& options) {
  const int64_t tokens = run.hidden_size > 0 ? static_cast<int64_t>(run.hidden.size()) / run.hidden_size : 0;
  check_run(run, "run", tokens, run.vocab);
  // Several targets may ask the same row (the choices of an item): one pass of the head serves them all.
  std::vector<size_t> order(rows.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rows[a].row < rows[b].row; });
  std::vector<int64_t> unique;
  std::vector<size_t> first_use;  // into order
  for (size_t i = 0; i < order.size(); ++i) {
    const int64_t row = rows[order[i]].row;
    if (row < 0 || row >= tokens) throw CheckError(fmt::format("row {}: expected one of {} rows", row, tokens));
    if (!unique.empty() && unique.back() == row) continue;
    unique.push_back(row);
    first_use.push_back(i);
  }
  first_use.push_back(order.size());

  std::vector<RowScore> out(rows.size());
  const int64_t total = static_cast<int64_t>(unique.size());
  const int64_t block = rows_per_block(1, run.vocab, options.scratch_bytes, total);
  BlockLogits logits(run, block);
  for (int64_t first = 0; first < total; first += block) {
    const int64_t count = std::min(block, total - first);
    logits.compute(std::span(unique).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
    parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const std::span<const float> row = logits.row(i);
        const WordPrediction prediction = predict_row(row, unique[first + i], options.float32_softmax);
        for (size_t use = first_use[first + i]; use < first_use[first + i + 1]; ++use) {
          const int32_t target = rows[order[use]].target;
          if (target < 0 || target >= run.vocab) {
            throw CheckError(fmt::format("target: expected an id below {}, found {}", run.vocab, target));
          }
          const float logit = row[static_cast<size_t>(target)];
          out[order[use]] = {
              options.float32_softmax ? log_probability_float32(prediction, logit) : prediction.log_probability(logit),
              prediction.argmax};
        }
      }
    });
  }
  return out;
}

}  // namespace fp8bench
