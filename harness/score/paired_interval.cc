#include "harness/score/paired_interval.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "harness/io/error.h"
#include "harness/score/beta.h"
#include "harness/score/normal.h"

namespace fp8bench {
namespace {

Bounds around(double middle, double reach) { return {middle - reach, middle + reach}; }

// Wilson's limits without the rounding to 0 and 1 at the ends: Newcombe squares distances to them.
Bounds wilson_limits(double p, double n, double z) {
  const double scale = 1 + z * z / n, middle = (p + z * z / (2 * n)) / scale;
  return around(middle, z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale);
}

double continuity_phi(double a, double b, double c, double d) {
  const double margins = (a + b) * (c + d) * (a + c) * (b + d), cross = a * d - b * c, n = a + b + c + d;
  if (margins == 0) return 0;
  const double corrected = cross > n / 2 ? cross - n / 2 : cross >= 0 ? 0 : cross;
  return corrected / std::sqrt(margins);
}

double z_of_level(double level) { return normal_quantile(0.5 + 0.5 * level); }

}  // namespace

NewcombeInterval newcombe_interval(const PairedCounts& counts, double level) {
  const double a = static_cast<double>(counts.both_right), b = static_cast<double>(counts.right_to_wrong);
  const double c = static_cast<double>(counts.wrong_to_right), d = static_cast<double>(counts.both_wrong);
  const double n = a + b + c + d, z = z_of_level(level);
  const double cand = (a + c) / n, ref = (a + b) / n;
  const Bounds at_cand = wilson_limits(cand, n, z), at_ref = wilson_limits(ref, n, z);
  NewcombeInterval out;
  out.phi = continuity_phi(a, c, b, d);
  const auto reach = [&](double x, double y) { return std::sqrt(std::max(0.0, x * x - 2 * out.phi * x * y + y * y)); };
  out.interval = {cand - ref - reach(cand - at_cand.low, at_ref.high - ref),
                  cand - ref + reach(at_cand.high - cand, ref - at_ref.low)};
  return out;
}

Bounds agresti_min_interval(const PairedCounts& counts, double level) {
  const double n = static_cast<double>(counts.items() + 2);
  const double gain = static_cast<double>(counts.wrong_to_right - counts.right_to_wrong);
  const double flips = static_cast<double>(counts.flips() + 1);
  return around(gain / n, z_of_level(level) * std::sqrt(flips - gain * gain / n) / n);
}

Bounds wald_interval(const PairedCounts& counts, double level) {
  return around(counts.difference(), z_of_level(level) * paired_standard_error(counts));
}

double paired_sample_error(const PairedCounts& counts) {
  const double n = static_cast<double>(counts.items());
  return n < 2 ? 0 : paired_standard_error(counts) * std::sqrt(n / (n - 1));
}

Bounds wald_sample_interval(const PairedCounts& counts, double level) {
  return around(counts.difference(), z_of_level(level) * paired_sample_error(counts));
}

Bounds student_interval(const PairedCounts& counts, double level) {
  const double df = static_cast<double>(counts.items() - 1);
  return around(counts.difference(), student_quantile(0.5 + 0.5 * level, df) * paired_sample_error(counts));
}

Bounds student_interval(const PairedMean& mean, double level) {
  if (mean.clusters < 2) throw CheckError("Student's interval: expected at least 2 clusters, found fewer");
  const double df = static_cast<double>(mean.clusters - 1);
  return around(mean.mean, student_quantile(0.5 + 0.5 * level, df) * mean.standard_error);
}

PairingGain pairing_gain(std::span<const double> reference, std::span<const double> candidate) {
  if (reference.size() != candidate.size() || reference.size() < 2) {
    throw CheckError(fmt::format("paired scores: expected two equally long lists of at least 2, found {} and {}",
                                 reference.size(), candidate.size()));
  }
  const double n = static_cast<double>(reference.size());
  double mean_ref = 0, mean_cand = 0;
  for (size_t i = 0; i < reference.size(); ++i) mean_ref += reference[i] / n, mean_cand += candidate[i] / n;
  double var_ref = 0, var_cand = 0, covariance = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    const double x = reference[i] - mean_ref, y = candidate[i] - mean_cand;
    var_ref += x * x;
    var_cand += y * y;
    covariance += x * y;
  }
  PairingGain out;
  if (var_ref > 0 && var_cand > 0) out.correlation = covariance / std::sqrt(var_ref) / std::sqrt(var_cand);
  out.unpaired_error = std::sqrt((var_ref + var_cand) / (n - 1) / n);
  return out;
}

}  // namespace fp8bench
