#include "harness/measure/sampler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

namespace fp8bench {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Rank (0-based) of the lower end of the 95 % interval of the median: the largest r with P(Bin(n, 1/2) < r + 1) <= 2.5
// %. Below 6 samples no such rank exists and the whole range is the (weaker) interval.
size_t lower_rank(size_t n) {
  double probability = std::pow(0.5, static_cast<double>(n)), cumulative = 0.0;
  size_t rank = 0;
  for (size_t r = 0; r < n / 2; ++r) {
    cumulative += probability;
    if (cumulative > 0.025) break;
    rank = r;
    probability *= static_cast<double>(n - r) / static_cast<double>(r + 1);
  }
  return rank;
}

void finish(Timing& timing, const SamplerOptions& options) {
  median_interval(timing.samples, timing.median, timing.low, timing.high);
  timing.settled = static_cast<int>(timing.samples.size()) >= options.min_samples &&
                   timing.high - timing.low <= 2.0 * options.target_interval * timing.median;
}

}  // namespace

void median_interval(std::vector<double> samples, double& median, double& low, double& high) {
  median = low = high = 0.0;
  if (samples.empty()) return;
  std::sort(samples.begin(), samples.end());
  const size_t n = samples.size();
  median = n % 2 == 1 ? samples[n / 2] : 0.5 * (samples[n / 2 - 1] + samples[n / 2]);
  const size_t rank = n > 1000 ? n / 2 - static_cast<size_t>(0.98 * std::sqrt(static_cast<double>(n))) : lower_rank(n);
  low = samples[rank];
  high = samples[n - 1 - rank];
}

Timing measure(const std::function<void(int)>& work, const SamplerOptions& options) {
  const auto clock = options.clock ? options.clock : steady_seconds;
  const double start = clock();
  Timing timing;
  int index = 0;
  const auto sample = [&] {
    const double begin = clock();
    work(index++);
    return clock() - begin;
  };
  // Warm-up: until a sample is no longer clearly faster than the one before, at most a third of the limit.
  double last = sample();
  for (int i = 0; i < 20 && clock() - start < options.time_limit / 3; ++i) {
    const double now = sample();
    const bool still_falling = now < 0.95 * last;
    last = now;
    if (!still_falling) break;
  }
  while (static_cast<int>(timing.samples.size()) < options.max_samples) {
    const bool out_of_time = clock() - start >= options.time_limit;
    if (out_of_time && !timing.samples.empty()) break;
    timing.samples.push_back(sample());
    if (static_cast<int>(timing.samples.size()) >= options.min_samples) {
      finish(timing, options);
      if (timing.settled && timing.samples.size() >= 6) return timing;
    }
  }
  finish(timing, options);
  return timing;
}

PairedTiming measure_pair(const std::function<void(int)>& a, const std::function<void(int)>& b,
                          const SamplerOptions& options, unsigned long seed) {
  const auto clock = options.clock ? options.clock : steady_seconds;
  const double start = clock();
  std::mt19937_64 order(seed);
  PairedTiming pair;
  std::vector<double> ratios;
  const auto timed = [&](const std::function<void(int)>& work, int index) {
    const double begin = clock();
    work(index);
    return clock() - begin;
  };
  a(0);  // warm-up, not counted
  b(0);
  for (int block = 0; block < options.max_samples; ++block) {
    if (block > 0 && clock() - start >= options.time_limit) break;
    const bool a_first = (order() & 1u) != 0;
    double time_a = 0.0, time_b = 0.0;
    if (a_first) time_a = timed(a, block);
    time_b = timed(b, block);
    if (!a_first) time_a = timed(a, block);
    pair.a.samples.push_back(time_a);
    pair.b.samples.push_back(time_b);
    ratios.push_back(time_a / time_b);
    if (block + 1 < options.min_samples) continue;
    finish(pair.a, options);
    finish(pair.b, options);
    if (pair.a.settled && pair.b.settled && block >= 5) break;
  }
  finish(pair.a, options);
  finish(pair.b, options);
  median_interval(ratios, pair.ratio, pair.ratio_low, pair.ratio_high);
  return pair;
}

}  // namespace fp8bench
