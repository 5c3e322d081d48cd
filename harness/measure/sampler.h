// Times one piece of work: warm-up until settled, then samples until the 95 % order-statistic interval of the median is
// under the target or the time limit is hit (said so). Raw samples are kept.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace fp8bench {

struct SamplerOptions {
  double target_interval = 0.01;  // half-width of the interval over the median
  double time_limit = 1.0;        // seconds of sampling, warm-up included
  int min_samples = 5, max_samples = 1000;
  std::function<double()> clock;  // seconds; null: the steady clock. Tests give their own.
};

struct Timing {
  double median = 0.0, low = 0.0, high = 0.0;  // seconds; low..high = 95 % order-statistic interval of the median
  bool settled = false;                        // the target was reached before the limit
  std::vector<double> samples;                 // seconds, in order, warm-up left out
};

// `work(i)` runs sample i (so that it may rotate over several sets of data).
Timing measure(const std::function<void(int sample)>& work, const SamplerOptions& options);
// Two pieces of work, A and B interleaved in blocks of random order; `ratio` is median over blocks of A's time / B's.
struct PairedTiming {
  Timing a, b;
  double ratio = 0.0, ratio_low = 0.0, ratio_high = 0.0;
};
PairedTiming measure_pair(const std::function<void(int)>& a, const std::function<void(int)>& b,
                          const SamplerOptions& options, unsigned long seed);

// The order-statistic interval of the median of sorted samples: ranks from the binomial distribution (n, 1/2).
void median_interval(std::vector<double> samples, double& median, double& low, double& high);

}  // namespace fp8bench
