// Normal distribution and binomial tail from +, *, /, sqrt and the canonical exp and log: the same bits on every
// machine.
#pragma once
#include <cstdint>

namespace fp8bench {

double normal_cdf(double x);       // relative error <= 1e-13 in both tails down to 1e-300
double normal_quantile(double p);  // 0 < p < 1; relative error <= 1e-13
inline constexpr double kLn10 = 2.302585092994045684;

// ln P(X = k) and ln P(X >= k), ln P(X <= k) for X ~ Binomial(n, 1/2), 0 <= k <= n.
double log_binomial_half(int64_t n, int64_t k);
double log_binomial_half_upper(int64_t n, int64_t k);
double log_binomial_half_lower(int64_t n, int64_t k);

}  // namespace fp8bench
