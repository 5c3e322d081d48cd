// Loader's saddle-point form of binomial and beta densities (C. Loader 2000, "Fast and Accurate Computation of Binomial
// Probabilities"): no difference of large log-gammas, so that the relative error stays near 1e-14 up to millions of
// trials. Canonical exp and log only: the same bits on every machine.
#pragma once

namespace fp8bench {

// ln x! - ln(sqrt(2 pi x) (x/e)^x) for x > 0, also between the integers.
double stirling_error(double x);

// x ln(x/m) + m - x, without cancellation where x is near m; x, m > 0.
double binomial_deviance(double x, double m);

// ln of Gamma(a+b+1) / (Gamma(a+1) Gamma(b+1)) p^a q^b, q = 1 - p given by the caller (who may know it better): the
// probability of a successes in a + b trials, a and b need not be integers. a, b >= 0; 0 <= p, q.
double log_binomial_density(double a, double b, double p, double q);

}  // namespace fp8bench
