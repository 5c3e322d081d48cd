// Is the middle of paired differences zero? Student's t for the mean, Wilcoxon's signed ranks for the median of a
// symmetric distribution. Equal to scipy's ttest_1samp and wilcoxon.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "harness/score/percentile.h"

namespace fp8bench {

struct StudentTest {
  double statistic = 0, df = 0;
  double p_less = 0.5, p_greater = 0.5, p_two_sided = 1;  // p_less: of a mean this low by chance
  Bounds interval;                                        // of the mean, two-sided
};
// Throws CheckError with fewer than 2 values or without spread.
StudentTest student_test(std::span<const double> differences, double level = 0.95);

struct WilcoxonOptions {
  bool pratt = false;       // zeros keep their ranks; default: they are dropped first
  bool exact = false;       // the distribution without ties; with ties it is only approximate, as scipy's is
  bool correction = false;  // of half a rank, for the normal approximation
};
struct WilcoxonTest {
  double plus = 0, minus = 0;  // rank sums of the positive and of the negative differences
  double z = 0;                // normal approximation, corrected as for the two-sided test; <= 0. 0 where exact
  double p_less = 0.5, p_greater = 0.5, p_two_sided = 1;
};
// Throws CheckError if no difference is other than 0.
WilcoxonTest wilcoxon_test(std::span<const double> differences, const WilcoxonOptions& options = {});

// Median of all pairwise means, and the interval that inverts Wilcoxon's test: the k-th smallest and the k-th largest
// of the n (n + 1) / 2 pairwise means.
struct HodgesLehmann {
  double estimate = 0;
  int64_t k = 0;        // exact rank: the smallest x with P(W <= x) >= (1 - level) / 2, at least 1 (as R's wilcox.test)
  Bounds interval;      // at k
  double achieved = 0;  // its true level, which fewer than 6 values cannot bring to 95 %
  int64_t k_normal = 0;  // the rank of the normal approximation
  Bounds interval_normal;
};
// Up to kHodgesLehmannExact values the exact rank is found; beyond, k is 0. Throws CheckError without values. n^2
// memory.
inline constexpr int64_t kHodgesLehmannExact = 1000;
HodgesLehmann hodges_lehmann(std::span<const double> differences, double level = 0.95);

// P(W = w), w = 0 .. n (n + 1) / 2, for the sum W of those ranks 1 .. n whose fair coin shows heads.
std::vector<double> signed_rank_distribution(int64_t n);

}  // namespace fp8bench
