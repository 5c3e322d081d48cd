#include "harness/measure/sampler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

namespace fp8bench {
namespace {

// Warm-up ends when the medians of the last two windows agree for every contender, and not before a small part of the
// limit is over: ten samples of ten microseconds say nothing about a clock that needs milliseconds to rise.
constexpr int kWindow = 5;             // samples
constexpr double kAgreement = 0.02;    // relative difference of two windows' medians
constexpr double kLeastWarmUp = 0.05;  // of the time limit
constexpr double kMostWarmUp = 1.0 / 3.0;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Rank (0-based) of the lower end of the 95 % interval of the median: the largest r with P(Bin(n, 1/2) <= r) <= 2.5 %.
// Below 6 samples no such rank exists and the whole range is the (weaker) interval.
size_t lower_rank(size_t n) {
  double log_probability = -static_cast<double>(n) * std::log(2.0), cumulative = 0.0;
  size_t rank = 0;
  for (size_t r = 0; r < n / 2; ++r) {
    cumulative += std::exp(log_probability);
    if (cumulative > 0.025) break;
    rank = r;
    log_probability += std::log(static_cast<double>(n - r) / static_cast<double>(r + 1));
  }
  return rank;
}

// Of sorted values, between the two nearest ranks.
double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

void finish(Timing& timing, const SamplerOptions& options) {
  median_interval(timing.samples, timing.median, timing.low, timing.high);
  if (timing.samples.empty()) return;
  std::vector<double> sorted = timing.samples;
  std::sort(sorted.begin(), sorted.end());
  timing.p5 = quantile(sorted, 0.05);
  timing.p95 = quantile(sorted, 0.95);
  // Fewer than six samples have no 95 % interval, however close together they are.
  timing.settled = static_cast<int>(sorted.size()) >= std::max(options.min_samples, 6) &&
                   timing.high - timing.low <= 2.0 * options.target_interval * timing.median;
}

// The interval is looked at when the samples have grown by a tenth, not after each one: every look is one more chance
// to stop at a lucky moment, and sorting a thousand samples a thousand times would eat the time limit.
int next_look(int samples) { return samples + std::max(1, samples / 10); }

class Interleaved {
 public:
  Interleaved(std::span<const Work> contenders, const SamplerOptions& options, uint64_t seed)
      : contenders_(contenders),
        options_(options),
        clock_(options.clock ? options.clock : steady_seconds),
        start_(clock_()),
        random_(seed),
        order_(contenders.size()),
        times_(contenders.size()) {
    for (size_t c = 0; c < order_.size(); ++c) order_[c] = c;
    result_.contenders.resize(contenders.size());
    result_.ratios.resize(contenders.size());
  }

  InterleavedTiming run() {
    if (contenders_.empty()) return {};
    warm_up();
    int look = std::max(options_.min_samples, 6);
    for (int blocks = 0; blocks < options_.max_samples;) {
      if (blocks > 0 && elapsed() >= options_.time_limit) break;
      if (!block()) {
        for (Timing& timing : result_.contenders) ++timing.discarded;
        if (elapsed() >= options_.time_limit || result_.contenders[0].discarded >= options_.max_samples) break;
        continue;
      }
      ++blocks;
      for (size_t c = 0; c < times_.size(); ++c) result_.contenders[c].samples.push_back(times_[c]);
      if (blocks < look) continue;
      look = next_look(blocks);
      for (Timing& timing : result_.contenders) finish(timing, options_);
      if (std::all_of(result_.contenders.begin(), result_.contenders.end(), [](const Timing& t) { return t.settled; }))
        break;
    }
    for (Timing& timing : result_.contenders) finish(timing, options_);
    fill_ratios();
    return std::move(result_);
  }

 private:
  double elapsed() const { return clock_() - start_; }

  double sample(const Work& work) {
    if (options_.before_sample) options_.before_sample();
    if (options_.timed) return options_.timed(work, index_);
    const double begin = clock_();
    work(index_);
    return clock_() - begin;
  }

  // Every contender once on the same sample index, in random order. False if a sample was void.
  bool block() {
    if (options_.before_block) options_.before_block();
    for (size_t left = order_.size(); left > 1; --left) std::swap(order_[left - 1], order_[random_() % left]);
    for (const size_t c : order_) times_[c] = sample(contenders_[c]);
    ++index_;
    return std::none_of(times_.begin(), times_.end(), [](double seconds) { return std::isnan(seconds); });
  }

  void warm_up() {
    std::vector<std::vector<double>> seen(contenders_.size());
    int blocks = 0;
    const auto windows_agree = [&] {
      for (const std::vector<double>& one : seen) {
        if (one.size() < 2 * kWindow) return false;
        const double last = median_of({one.end() - kWindow, one.end()});
        const double before = median_of({one.end() - 2 * kWindow, one.end() - kWindow});
        if (std::fabs(last - before) > kAgreement * last) return false;
      }
      return true;
    };
    do {
      const bool valid = block();
      ++blocks;
      for (size_t c = 0; valid && c < times_.size(); ++c) seen[c].push_back(times_[c]);
    } while (elapsed() < kMostWarmUp * options_.time_limit && blocks < options_.max_samples &&
             !(elapsed() >= kLeastWarmUp * options_.time_limit && windows_agree()));
    for (Timing& timing : result_.contenders) timing.warm_up = blocks;
  }

  void fill_ratios() {
    const std::vector<double>& first = result_.contenders[0].samples;
    for (size_t c = 0; c < contenders_.size(); ++c) {
      std::vector<double> ratios(first.size());
      for (size_t b = 0; b < first.size(); ++b) ratios[b] = first[b] / result_.contenders[c].samples[b];
      InterleavedTiming::Ratio& ratio = result_.ratios[c];
      median_interval(ratios, ratio.median, ratio.low, ratio.high);
    }
  }

  std::span<const Work> contenders_;
  const SamplerOptions& options_;
  std::function<double()> clock_;
  double start_;
  std::mt19937_64 random_;
  std::vector<size_t> order_;
  std::vector<double> times_;  // of the latest block
  int index_ = 0;              // of the next sample; goes on through warm-up, so that rotation does
  InterleavedTiming result_;
};

}  // namespace

void median_interval(std::vector<double> samples, double& median, double& low, double& high) {
  median = low = high = 0.0;
  if (samples.empty()) return;
  std::sort(samples.begin(), samples.end());
  const size_t n = samples.size();
  median = n % 2 == 1 ? samples[n / 2] : 0.5 * (samples[n / 2 - 1] + samples[n / 2]);
  const size_t rank = lower_rank(n);
  low = samples[rank];
  high = samples[n - 1 - rank];
}

Timing measure(const Work& work, const SamplerOptions& options) {
  return std::move(measure_interleaved({&work, 1}, options, 0).contenders.front());
}

InterleavedTiming measure_interleaved(std::span<const Work> contenders, const SamplerOptions& options, uint64_t seed) {
  return Interleaved(contenders, options, seed).run();
}

}  // namespace fp8bench
