// Times pieces of work: warm-up until settled, then samples until the 95 % order-statistic interval of the median is
// within the target or the time limit is hit (said so). Several contenders are interleaved in blocks of random order,
// so that a drifting clock meets them alike. Raw samples are kept. Hoefler and Belli, SC'15, for the statistics.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace fp8bench {

// What the caches hold when a sample begins. kRotate: every sample works on the next of several sets of data, as
// decoding walks from layer to layer; the default. kHot: always the same set. kCold: the caches are swept before each
// sample.
enum class Mode { kRotate, kHot, kCold };

// `work(i)` runs sample i (so that it may rotate over several sets of data).
using Work = std::function<void(int sample)>;

struct SamplerOptions {
  double target_interval = 0.01;  // half-width of the interval over the median
  double time_limit = 1.0;        // seconds of sampling for all contenders together, warm-up included
  // Below min_samples nothing counts as settled; the time limit ends sampling even so, after at least one block.
  int min_samples = 6, max_samples = 1000;
  std::function<double()>
      clock;  // seconds; null: the steady clock. Measures the limit, and the work unless `timed` does.
  // Runs work(sample) and returns its seconds on a device's own clock (events around the launch, a graph replayed over
  // several sets); null: `clock` before and after. NaN: the sample is void (a throttled clock); its block is left out
  // and tried again, within the time limit.
  std::function<double(const Work& work, int sample)> timed;
  // Not timed; may be null. Before a block of samples (a device looks at its clocks), and before every single sample
  // (kCold sweeps the caches here: the second contender of a block would find what the first one left).
  std::function<void()> before_block, before_sample;
};

struct Timing {
  double median = 0.0, low = 0.0, high = 0.0;  // seconds; low..high = 95 % order-statistic interval of the median
  double p5 = 0.0, p95 = 0.0;                  // seconds
  bool settled = false;                        // the target was reached before the limit
  int warm_up = 0;                             // samples left out at the start
  int discarded = 0;                           // void samples, and those of blocks that had one
  std::vector<double> samples;                 // seconds, in order
};

Timing measure(const Work& work, const SamplerOptions& options);

// Contenders in blocks: every block runs each of them once on the same sample index, in random order.
struct InterleavedTiming {
  std::vector<Timing> contenders;
  // Of contender i against contender 0: median over blocks of (time of 0) / (time of i), and its 95 % interval.
  struct Ratio {
    double median = 0.0, low = 0.0, high = 0.0;
  };
  std::vector<Ratio> ratios;
};
InterleavedTiming measure_interleaved(std::span<const Work> contenders, const SamplerOptions& options, uint64_t seed);

// The order-statistic interval of the median of sorted samples: ranks from the binomial distribution (n, 1/2).
void median_interval(std::vector<double> samples, double& median, double& low, double& high);

}  // namespace fp8bench
