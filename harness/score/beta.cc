#include "harness/score/beta.h"

#include <cmath>

#include "harness/score/normal.h"
#include "harness/score/saddle_point.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

// x^a y^b / B(a, b)
double log_front(double a, double b, double x, double y) {
  return log_binomial_density(a, b, x, y) + canonical_log(a * b / (a + b));
}

// The continued fraction of I_x(a, b) a / (x^a y^b / B(a, b)) (Lentz's method), quick for x < (a + 1) / (a + b + 2).
double fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto guarded = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1, d = 1 / guarded(1 - (a + b) * x / (a + 1)), value = d;
  for (int64_t m = 1; m < 1000000; ++m) {
    const double k = static_cast<double>(m);
    double step = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
    d = 1 / guarded(1 + step * d);
    c = guarded(1 + step / c);
    value *= d * c;
    step = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
    d = 1 / guarded(1 + step * d);
    c = guarded(1 + step / c);
    value *= d * c;
    if (std::fabs(d * c - 1) < 3e-16) break;
  }
  return value;
}

double student_density(double t, double df) {
  // From the beta density of 1 / (1 + t^2/df).
  const double x = df / (df + t * t), y = t * t / (df + t * t);
  return canonical_exp(log_front(0.5 * df, 0.5, x, y)) / std::fabs(t);
}

// P(T > t) for t > 0.
double student_tail(double t, double df) {
  const double square = t * t;
  return 0.5 * incomplete_beta(0.5 * df, 0.5, df / (df + square), square / (df + square));
}

}  // namespace

double incomplete_beta(double a, double b, double x, double y) {
  if (!(x > 0)) return 0;
  if (!(y > 0)) return 1;
  const double front = canonical_exp(log_front(a, b, x, y));
  if (x < (a + 1) / (a + b + 2)) return front * fraction(a, b, x) / a;
  return 1 - front * fraction(b, a, y) / b;
}

double beta_quantile(double a, double b, double p) {
  double low = 0, high = 1, x = a / (a + b);
  for (int i = 0; i < 2000; ++i) {
    const double y = 1 - x;
    // The smaller tail, so that p near 1 loses nothing.
    const double miss = x < a / (a + b) ? incomplete_beta(a, b, x, y) - p : (1 - p) - incomplete_beta(b, a, y, x);
    (miss < 0 ? low : high) = x;
    const double slope = canonical_exp(log_front(a, b, x, y)) / (x * y);
    double next = slope > 0 ? x - miss / slope : low;
    if (std::fabs(next - x) <= 1e-15 * x) return next;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (next == x) break;
    x = next;
  }
  return x;
}

double binomial_upper(int64_t n, int64_t k, double p) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return incomplete_beta(static_cast<double>(k), static_cast<double>(n - k + 1), p, 1 - p);
}

double binomial_lower(int64_t n, int64_t k, double p) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incomplete_beta(static_cast<double>(n - k), static_cast<double>(k + 1), 1 - p, p);
}

double student_cdf(double t, double df) {
  if (std::isinf(df)) return normal_cdf(t);
  if (t == 0) return 0.5;
  return t < 0 ? student_tail(-t, df) : 1 - student_tail(t, df);
}

double student_quantile(double p, double df) {
  if (p > 0.5) return -student_quantile(1 - p, df);
  if (p == 0.5) return 0;
  if (std::isinf(df)) return normal_quantile(p);
  double low = 0, high = HUGE_VAL, t = -normal_quantile(p);  // of -t, which is positive; t's tails are heavier
  for (int i = 0; i < 2000; ++i) {
    const double miss = student_tail(t, df) - p;
    (miss > 0 ? low : high) = t;
    double next = t + miss / student_density(t, df);
    if (std::fabs(next - t) <= 1e-15 * t) return -next;
    if (!(next > low && next < high)) next = std::isinf(high) ? 2 * t : 0.5 * (low + high);
    if (next == t) break;
    t = next;
  }
  return -t;
}

}  // namespace fp8bench
