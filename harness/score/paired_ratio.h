// Candidate sum / reference sum over the same items, with an interval: the "recovery" of an accuracy, the ratio of
// output lengths. A recovery without its interval is noise printed as gain or loss.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "harness/score/percentile.h"

namespace fp8bench {

struct PairedRatio {
  double ratio = 0;
  Bounds interval;       // two-sided, on the logarithm, normal; a point with fewer than 2 clusters
  double log_error = 0;  // standard error of ln ratio
};
// Delta method on ln ratio: the mean of c_i / mean(c) - r_i / mean(r), cluster-robust as paired_mean. For right and
// wrong it equals sqrt((b + c) / ((n11 + b) (n11 + c))), the known error of a matched relative risk. None unless both
// sums are positive. clusters: one label an item, or empty.
std::optional<PairedRatio> paired_ratio(std::span<const double> reference, std::span<const double> candidate,
                                        std::span<const int64_t> clusters = {}, double level = 0.95);

}  // namespace fp8bench
