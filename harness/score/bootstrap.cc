#include "harness/score/bootstrap.h"

#include "harness/io/error.h"

namespace fp8bench {

uint64_t SplitMix64::next() {
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

namespace {

uint64_t high_product(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(a) * b) >> 64);
}

}  // namespace

uint64_t SplitMix64::below(uint64_t n) { return high_product(next(), n); }

uint64_t IndexSource::below(uint64_t n) {
  return generator_ == Generator::kSplitMix64 ? split_mix_.below(n) : high_product(mersenne_(), n);
}

std::vector<double> cluster_bootstrap_ratios(std::span<const double> numerator, std::span<const double> denominator,
                                             const BootstrapOptions& options) {
  const size_t clusters = numerator.size();
  if (clusters == 0 || denominator.size() != clusters || options.resamples < 1) {
    throw CheckError("bootstrap: needs as many numerators as denominators, at least one, and at least one resample");
  }
  IndexSource random(options.generator, options.seed);
  std::vector<double> ratios(static_cast<size_t>(options.resamples));
  for (double& ratio : ratios) {
    double above = 0, below = 0;
    for (size_t draw = 0; draw < clusters; ++draw) {
      const size_t chosen = random.below(clusters);
      above += numerator[chosen];
      below += denominator[chosen];
    }
    ratio = above / below;
  }
  return ratios;
}

Bounds cluster_bootstrap_ratio(std::span<const double> numerator, std::span<const double> denominator,
                               const BootstrapOptions& options) {
  const std::vector<double> ratios = sorted_copy(cluster_bootstrap_ratios(numerator, denominator, options));
  return {percentile(ratios, options.tail), percentile(ratios, 1 - options.tail)};
}

}  // namespace fp8bench
