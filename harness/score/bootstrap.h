// Cluster bootstrap of a ratio of sums. Tokens of one document resemble each other, so documents are drawn, not tokens;
// a plain bootstrap is the special case of clusters of one, and its intervals are too narrow for such tokens (Miller
// 2024, arXiv:2411.00640, on clustered standard errors).
#pragma once
#include <cstdint>
#include <span>

#include "harness/score/percentile.h"

namespace fp8bench {

// Sebastiano Vigna's SplitMix64: state starts at the seed, each next() adds 0x9E3779B97F4A7C15 and mixes.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t n);  // high 64 bits of next() * n: no rejection, one draw each

 private:
  uint64_t state_;
};

struct BootstrapOptions {
  int64_t resamples = 2000;
  uint64_t seed = 1;
  double tail = 0.025;  // left out on either side: the 95 % percentile interval
};

// numerator[c], denominator[c]: the sums of cluster c (for a mean: sum of the values, their number). Every resample
// draws as many clusters as there are, with replacement, and evaluates sum numerator / sum denominator. One cluster
// gives a point (low == high).
Bounds cluster_bootstrap_ratio(std::span<const double> numerator, std::span<const double> denominator,
                               const BootstrapOptions& options = {});

}  // namespace fp8bench
