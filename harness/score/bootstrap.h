// Cluster bootstrap of a ratio of sums. Tokens of one document resemble each other, so documents are drawn, not tokens;
// a plain bootstrap is the special case of clusters of one, and its intervals are too narrow for such tokens (Miller
// 2024, arXiv:2411.00640, on clustered standard errors).
#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <vector>

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

// The other generator that published bootstraps use, and one face for both.
enum class Generator { kSplitMix64, kMersenneTwister64 };  // the second: std::mt19937_64, specified to the bit
class IndexSource {
 public:
  IndexSource(Generator generator, uint64_t seed) : generator_(generator), split_mix_(seed), mersenne_(seed) {}
  uint64_t below(uint64_t n);  // as SplitMix64::below

 private:
  Generator generator_;
  SplitMix64 split_mix_;
  std::mt19937_64 mersenne_;
};

struct BootstrapOptions {
  int64_t resamples = 2000;
  uint64_t seed = 1;
  double tail = 0.025;  // left out on either side: the 95 % percentile interval
  Generator generator = Generator::kSplitMix64;
};

// numerator[c], denominator[c]: the sums of cluster c (for a mean: sum of the values, their number). Every resample
// draws as many clusters as there are, with replacement, and evaluates sum numerator / sum denominator. One cluster
// gives a point (low == high).
Bounds cluster_bootstrap_ratio(std::span<const double> numerator, std::span<const double> denominator,
                               const BootstrapOptions& options = {});

// The ratio of every resample, in the order drawn: what the interval is made of. Resample by resample, a draw for each
// cluster; sums run from the first draw to the last.
std::vector<double> cluster_bootstrap_ratios(std::span<const double> numerator, std::span<const double> denominator,
                                             const BootstrapOptions& options = {});

}  // namespace fp8bench
