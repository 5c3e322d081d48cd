#include "harness/score/saddle_point.h"

#include <cmath>
#include <cstdint>

#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

constexpr double kHalfLogTwoPi = 0.918938533204672742;

}  // namespace

double stirling_error(double x) {
  if (x > 15) {
    const double x2 = x * x;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / x2) / x2) / x2) / x2) / x;
  }
  if (x == std::floor(x)) {
    double factorial = 1;
    for (int64_t i = 2; i <= static_cast<int64_t>(x); ++i) factorial *= static_cast<double>(i);  // exact up to 18!
    return canonical_log(factorial) - (x + 0.5) * canonical_log(x) + x - kHalfLogTwoPi;
  }
  // From ln (x+1)! = ln x! + ln(x+1), applied until the series holds.
  double sum = 0;
  for (; x <= 15; x += 1) sum += (x + 0.5) * canonical_log((x + 1) / x) - 1;
  return sum + stirling_error(x);
}

double binomial_deviance(double x, double m) {
  const double v = (x - m) / (x + m);
  if (std::fabs(v) >= 0.1) return x * canonical_log(x / m) + m - x;
  double sum = (x - m) * v, term = 2 * x * v;
  for (int j = 1; j < 100; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

double log_binomial_density(double a, double b, double p, double q) {
  const auto log_power = [](double base, double exponent) {
    if (exponent == 0) return 0.0;
    return base > 0 ? exponent * canonical_log(base) : -HUGE_VAL;
  };
  if (a == 0 || b == 0 || !(p > 0) || !(q > 0)) return log_power(p, a) + log_power(q, b);
  const double n = a + b;
  return stirling_error(n) - stirling_error(a) - stirling_error(b) - binomial_deviance(a, n * p) -
         binomial_deviance(b, n * q) - kHalfLogTwoPi + 0.5 * canonical_log(n / a / b);
}

}  // namespace fp8bench
