#include "harness/score/non_inferiority.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/io/error.h"
#include "harness/score/beta.h"
#include "harness/score/normal.h"
#include "harness/score/paired_interval.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

OneMargin from_normal(double lower, double upper) {
  return {lower, upper, normal_cdf(-lower), std::max(normal_cdf(-lower), normal_cdf(upper))};
}

}  // namespace

NonInferiority non_inferiority(const PairedCounts& counts, double margin) {
  NonInferiority out;
  out.score = from_normal(tango_z(counts, -margin), tango_z(counts, margin));
  const double difference = counts.difference(), error = paired_standard_error(counts);
  if (!(error > 0)) return out;
  out.wald = from_normal((difference + margin) / error, (difference - margin) / error);
  const double sample_error = paired_sample_error(counts);
  if (!(sample_error > 0)) return out;
  NonInferiority::Student t;
  t.df = static_cast<double>(counts.items() - 1);
  t.z_lower = (difference + margin) / sample_error;
  t.z_upper = (difference - margin) / sample_error;
  t.p = student_cdf(-t.z_lower, t.df);
  t.p_upper = student_cdf(t.z_upper, t.df);
  t.p_tost = std::max(t.p, t.p_upper);
  out.student = t;
  return out;
}

ExactNonInferiority exact_non_inferiority(const PairedCounts& counts, double margin, int64_t steps) {
  const int64_t n = counts.items();
  if (n < 1 || n > kExactItems)
    throw CheckError(fmt::format("exact non-inferiority: expected 1 to {} items, found {}", kExactItems, n));
  std::vector<double> log_factorial(static_cast<size_t>(n + 1), 0);
  for (size_t i = 2; i < log_factorial.size(); ++i)
    log_factorial[i] = log_factorial[i - 1] + canonical_log(static_cast<double>(i));
  struct Table {
    int64_t worse, better;
    double log_ways;
  };
  std::vector<Table> extreme;  // at least as far above the margin as what was observed
  const double observed = tango_z(counts, -margin);
  for (int64_t worse = 0; worse <= n; ++worse) {
    for (int64_t better = 0; worse + better <= n; ++better) {
      const int64_t same = n - worse - better;
      if (tango_z({same, worse, better, 0}, -margin) < observed - 1e-12) continue;
      extreme.push_back(
          {worse, better, log_factorial[n] - log_factorial[worse] - log_factorial[better] - log_factorial[same]});
    }
  }
  ExactNonInferiority out{0, 0};
  for (int64_t i = 0; i < steps; ++i) {
    const double q = (1 - margin) / 2 * static_cast<double>(i) / static_cast<double>(steps - 1);
    const double same = std::max(1 - 2 * q - margin, 0.0);
    const auto log_or_minus = [](double x) { return x > 0 ? canonical_log(x) : -HUGE_VAL; };
    const double log_q = log_or_minus(q), log_worse = log_or_minus(q + margin), log_same = log_or_minus(same);
    const auto power = [](int64_t exponent, double log_base) {
      return exponent == 0 ? 0.0 : static_cast<double>(exponent) * log_base;
    };
    double sum = 0;
    for (const Table& t : extreme)
      sum += canonical_exp(t.log_ways + power(t.better, log_q) + power(t.worse, log_worse) +
                           power(n - t.worse - t.better, log_same));
    if (sum > out.p) out = {sum, q};
  }
  return out;
}

}  // namespace fp8bench
