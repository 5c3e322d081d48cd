#include "harness/score/multiple_testing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

// 1 - (1 - p)^count without cancellation for small p.
double any_of(double p, double count) {
  if (p >= 1) return 1;
  const double log_none =
      p < 1e-3 ? -p * (1 + p * (0.5 + p * (1.0 / 3 + p * (0.25 + p * (0.2 + p / 6))))) : canonical_log(1 - p);
  const double x = count * log_none;
  if (x > -1e-3) return -x * (1 + x * (0.5 + x * (1.0 / 6 + x * (1.0 / 24 + x / 120))));
  return 1 - canonical_exp(x);
}

// The adjusted p and the threshold of the i-th smallest of m.
double adjusted(Correction correction, double p, double i, double m) {
  switch (correction) {
    case Correction::kHolm:
    case Correction::kHochberg:
      return (m - i) * p;
    case Correction::kBonferroni:
      return m * p;
    case Correction::kBenjaminiHochberg:
      return p / ((i + 1) / m);
    case Correction::kHolmSidak:
      break;
  }
  return any_of(p, m - i);
}

double threshold(Correction correction, double alpha, double i, double m) {
  switch (correction) {
    case Correction::kHolm:
    case Correction::kHochberg:
      return alpha / (m - i);
    case Correction::kBonferroni:
      return alpha / m;
    case Correction::kBenjaminiHochberg:
      return (i + 1) / m * alpha;
    case Correction::kHolmSidak:
      break;
  }
  return any_of(alpha, 1 / (m - i));
}

}  // namespace

Adjusted adjust_p_values(std::span<const double> p, Correction correction, double alpha) {
  const size_t count = p.size();
  const double m = static_cast<double>(count);
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> value(count);
  std::vector<bool> reject(count);
  for (size_t i = 0; i < count; ++i) {
    value[i] = adjusted(correction, p[order[i]], static_cast<double>(i), m);
    reject[i] = p[order[i]] <= threshold(correction, alpha, static_cast<double>(i), m);
  }
  // Step down: a test can be rejected only if all smaller p were. Step up: every p below a rejected one is rejected.
  const bool step_down = correction == Correction::kHolm || correction == Correction::kHolmSidak;
  const bool step_up = correction == Correction::kHochberg || correction == Correction::kBenjaminiHochberg;
  for (size_t i = 1; step_down && i < count; ++i) {
    value[i] = std::max(value[i], value[i - 1]);
    reject[i] = reject[i] && reject[i - 1];
  }
  for (size_t i = count; step_up && i-- > 1;) {
    value[i - 1] = std::min(value[i - 1], value[i]);
    reject[i - 1] = reject[i - 1] || reject[i];
  }
  Adjusted out{std::vector<double>(count), std::vector<bool>(count)};
  for (size_t i = 0; i < count; ++i) {
    out.p[order[i]] = std::min(1.0, value[i]);
    out.reject[order[i]] = reject[i];
  }
  return out;
}

}  // namespace fp8bench
