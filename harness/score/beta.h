// Beta, binomial and Student's t distributions on Loader's densities (saddle_point.h) and Lentz's continued fraction.
// Tested against scipy through the intervals that they serve (tests/score).
#pragma once
#include <cstdint>

namespace fp8bench {

// Regularized incomplete beta function I_x(a, b) = P(B <= x), B ~ Beta(a, b); y = 1 - x given by the caller, who may
// know it better. a, b > 0; relative error about 1e-13 in the lower tail; exchange (a, x) with (b, y) for the upper
// one.
double incomplete_beta(double a, double b, double x, double y);
// x with P(B <= x) = p, 0 < p < 1.
double beta_quantile(double a, double b, double p);

// P(X >= k) for X ~ Binomial(n, p): an incomplete beta function.
double binomial_upper(int64_t n, int64_t k, double p);
double binomial_lower(int64_t n, int64_t k, double p);  // P(X <= k)

// Student's t with df > 0 degrees of freedom (infinity: the normal distribution).
double student_cdf(double t, double df);
double student_quantile(double p, double df);  // 0 < p < 1

}  // namespace fp8bench
