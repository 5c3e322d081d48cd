// From tokens to the numbers of the table: everything that llama.cpp's --kl-divergence prints, with its formulas
// (tools/perplexity/perplexity.cpp), and what it lacks: the other direction, Jensen-Shannon, buckets, and intervals
// that know that tokens of a document are not independent.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/score/bootstrap.h"
#include "harness/score/percentile.h"
#include "harness/score/token_divergence.h"

namespace fp8bench {

// Fractions of the printed percentiles, descending. Index with these tables.
inline constexpr double kKldFractions[] = {0.999, 0.99, 0.95, 0.90, 0.50, 0.10, 0.05, 0.01, 0.001};
inline constexpr double kDeltaPFractions[] = {0.999, 0.99, 0.95, 0.90, 0.75, 0.50, 0.25, 0.10, 0.05, 0.01, 0.001};

struct Distribution {
  PlusMinus mean;  // standard error as if tokens were independent: sqrt((E[x^2] - E[x]^2) / (n - 1)); 0 if n <= 10, as
                   // llama.cpp
  double max = 0, median = 0, min = 0;
  std::vector<double> percentiles;  // at kKldFractions or kDeltaPFractions
  // The value at one of the table's fractions; throws std::out_of_range otherwise.
  double at(double fraction) const;
  std::vector<double> fractions;
};

struct DivergenceBucket {
  std::string name;          // "p < 0.25", "positions 0-31"
  double low = 0, high = 0;  // [low, high)
  int64_t tokens = 0;
  PlusMinus kld;        // nats; all 0 if there are no tokens
  double same_top = 0;  // ratio
};

struct DivergenceSummary {
  int64_t tokens = 0, documents = 0;
  // perplexity, of the gold words
  PlusMinus ppl_cand, ppl_ref;
  double correlation = 0;  // of the two negative log-likelihoods, ratio; 1 where both have no spread and are equal
  PlusMinus ln_ratio, ratio,
      difference;  // ln(PPL_cand/PPL_ref), PPL_cand/PPL_ref, PPL_cand - PPL_ref; variance clamped at 0
  // divergence, nats
  Distribution kld;  // of kld, or of kld_llamacpp (SummaryOptions)
  PlusMinus reverse_kld, js, kld_llamacpp;
  // probability of the gold word, ratios (llama.cpp prints them times 100)
  Distribution delta_p;
  PlusMinus rms_delta_p;
  PlusMinus same_top;                           // share of equal argmax, ratio
  PlusMinus top5_overlap;                       // mean share of the top-5 list that is shared, ratio
  std::vector<DivergenceBucket> by_confidence;  // of the reference's max p
  std::vector<DivergenceBucket> by_position;
  // 95 % percentile intervals, documents drawn with replacement, ratio of sums
  Bounds kld_interval, same_top_interval, ln_ratio_interval;
};

struct SummaryOptions {
  bool llamacpp_kld = false;  // the distribution is over kld_llamacpp instead of kld
  BootstrapOptions bootstrap;
  std::vector<double> confidence_edges = {0.25, 0.5, 0.75, 0.9, 0.99};  // buckets [0, .25), [.25, .5) ... [.99, 1]
  std::vector<double> position_edges = {32, 128, 512, 2048,
                                        8192};  // buckets 0-31, 32-127 ...; empty ones at the end dropped
};

// Throws CheckError if tokens is empty.
DivergenceSummary summarize(std::span<const TokenDivergence> tokens, const SummaryOptions& options = {});

// llama.cpp's final three blocks, line for line: for whoever compares by eye or by script.
std::string llamacpp_print(const DivergenceSummary& summary);

}  // namespace fp8bench
