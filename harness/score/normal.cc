#include "harness/score/normal.h"

#include <cmath>

#include "harness/score/saddle_point.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

constexpr double kSqrtTwoPi = 2.506628274631000502;
constexpr double kHalfLogTwoPi = 0.918938533204672742;
constexpr double kLn2 = 0.693147180559945309;

double density(double x) { return canonical_exp(-0.5 * x * x) / kSqrtTwoPi; }

// P(Z > x) for x >= 2: density times Mills' ratio 1/(x + 1/(x + 2/(x + ...))), from the inside out. 300 levels are more
// than enough at 2.
double upper_tail(double x) {
  double fraction = x;
  for (int level = 300; level >= 1; --level) fraction = x + level / fraction;
  return density(x) / fraction;
}

// P(0 < Z < x) = density(x) (x + x^3/3 + x^5/15 + ...): all terms of one sign, so nothing cancels.
double central(double x) {
  double term = x, sum = x;
  for (int k = 1; term != 0 && std::fabs(term) > 1e-18 * std::fabs(sum); ++k) {
    term *= x * x / (2 * k + 1);
    sum += term;
  }
  return density(x) * sum;
}

// ln P(X >= k) where k lies above the mean: the first term times a quickly falling sum.
double log_small_upper(int64_t n, int64_t k) {
  if (k > n) return -HUGE_VAL;
  double term = 1, sum = 1;
  for (int64_t i = k; i < n && term > 1e-18 * sum; ++i) {
    term *= static_cast<double>(n - i) / static_cast<double>(i + 1);
    sum += term;
  }
  return log_binomial_half(n, k) + canonical_log(sum);
}

}  // namespace

double normal_cdf(double x) {
  if (x >= 2) return 1 - upper_tail(x);
  if (x <= -2) return upper_tail(-x);
  return 0.5 + central(x);
}

double normal_quantile(double p) {
  if (p > 0.5) return -normal_quantile(1 - p);
  if (p == 0.5) return 0;
  // Start: Abramowitz and Stegun 26.2.23 (4.5e-4), then Halley's method, which triples the digits each time.
  const double t = std::sqrt(-2 * canonical_log(p));
  double x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int i = 0; i < 4; ++i) {
    const double step = (normal_cdf(x) - p) / density(x);
    x -= step / (1 + 0.5 * x * step);
  }
  return x;
}

double log_binomial_half(int64_t n, int64_t k) {
  if (k < 0 || k > n) return -HUGE_VAL;
  const double size = static_cast<double>(n), a = static_cast<double>(k), b = static_cast<double>(n - k);
  if (k == 0 || k == n) return -size * kLn2;
  const double exponent = stirling_error(size) - stirling_error(a) - stirling_error(b) -
                          binomial_deviance(a, 0.5 * size) - binomial_deviance(b, 0.5 * size);
  return exponent - kHalfLogTwoPi + 0.5 * canonical_log(size / a / b);
}

double log_binomial_half_upper(int64_t n, int64_t k) {
  if (k <= 0) return 0;
  if (2 * k > n) return log_small_upper(n, k);
  // P(X >= k) = 1 - P(X <= k - 1) = 1 - P(X >= n - k + 1)
  return canonical_log(1 - canonical_exp(log_small_upper(n, n - k + 1)));
}

double log_binomial_half_lower(int64_t n, int64_t k) { return log_binomial_half_upper(n, n - k); }

}  // namespace fp8bench
