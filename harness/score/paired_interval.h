// Further intervals of a paired difference of proportions, beside Tango's (paired.h), which decides. difference =
// (c - b) / n. Two-sided levels.
#pragma once
#include <span>

#include "harness/score/paired.h"

namespace fp8bench {

// Newcombe's method 10 (Stat Med 1998;17:2635): Wilson limits of both accuracies, squared and added, with the
// correlation `phi` of right and wrong corrected for continuity (0 where a margin is 0). n >= 1.
struct NewcombeInterval {
  Bounds interval;
  double phi = 0;
};
NewcombeInterval newcombe_interval(const PairedCounts& counts, double level = 0.95);

// Agresti and Min 2005 (Stat Med 24:729): Wald after half an item is added to each of the four cells.
Bounds agresti_min_interval(const PairedCounts& counts, double level = 0.95);

// difference +- quantile * error. The error is paired_standard_error (population form) or its sample form (n - 1), the
// quantile is the normal distribution's or Student's with n - 1 degrees of freedom.
Bounds wald_interval(const PairedCounts& counts, double level = 0.95);
double paired_sample_error(const PairedCounts& counts);  // sd(n - 1) / sqrt(n); n >= 2
Bounds wald_sample_interval(const PairedCounts& counts, double level = 0.95);
Bounds student_interval(const PairedCounts& counts, double level = 0.95);
// mean +- Student's quantile with clusters - 1 degrees of freedom; needs 2 clusters.
Bounds student_interval(const PairedMean& mean, double level = 0.95);

// What pairing buys: the error of the same difference if the two lists had been different items, and their correlation.
struct PairingGain {
  double correlation = 0;     // of the two scores; 0 where one has no spread
  double unpaired_error = 0;  // sqrt((var_ref + var_cand) / n), variances with n - 1
};
// Throws CheckError unless both have the same length >= 2.
PairingGain pairing_gain(std::span<const double> reference, std::span<const double> candidate);

}  // namespace fp8bench
