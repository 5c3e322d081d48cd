// lm-eval's aggregations and standard errors, summed in its order so that the figures have its bits (its goldens come
// from a Python whose sum() adds plainly, 3.11).
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace fp8bench {

using Weighted = std::pair<double, double>;  // log-likelihood in nats, count of words or bytes

int64_t first_argmax(std::span<const double> values);  // np.argmax: the first largest, a NaN is larger than all
double figure_mean(std::span<const double> values);
double mean_standard_error(std::span<const double> values);    // sd with n - 1 / sqrt(n); NaN for fewer than two
double figure_perplexity(std::span<const double> values);      // exp(-mean), values in nats
double weighted_perplexity(std::span<const Weighted> values);  // exp(-sum / sum of counts)
double bits_per_count(std::span<const Weighted> values);       // -sum / sum of counts / ln 2

// Standard error of the perplexity over `iterations` resamples in runs of at most 1000, run i seeded with i. lm-eval's
// default is 100,000.
double bootstrap_perplexity_error(std::span<const double> values, int64_t iterations = 100000);

// A group of tasks: the mean weighted by sizes, and the pooled standard error of its means,
// sqrt(sum (n_i - 1) n_i se_i^2 / (N - k) / N).
double group_mean(std::span<const double> values, std::span<const int64_t> sizes);
double pooled_standard_error(std::span<const double> errors, std::span<const int64_t> sizes);

}  // namespace fp8bench
