// Percentiles and the small result types of the statistics.
#pragma once
#include <span>
#include <vector>

namespace fp8bench {

struct PlusMinus {  // a value and one standard error of it
  double value = 0, uncertainty = 0;
};

struct Bounds {  // an interval
  double low = 0, high = 0;
};

// Linear interpolation between order statistics at fraction * (n - 1), as numpy's default and llama.cpp (same bits as
// numpy). sorted: ascending, not empty; 0 <= fraction <= 1.
double percentile(std::span<const double> sorted, double fraction);
// The other definitions in use, sorted and fraction as above; the first two equal numpy's "inverted_cdf" and
// "median_unbiased".
double nearest_rank(std::span<const double> sorted, double fraction);                // an observed value
double median_unbiased_percentile(std::span<const double> sorted, double fraction);  // Hyndman and Fan's type 8
float llamacpp_percentile(std::span<const float> sorted, float fraction);  // all in float, as its tool prints them
std::vector<double> sorted_copy(std::span<const double> values);

}  // namespace fp8bench
