#include "datasets/eval/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/eval/python_random.h"

namespace fp8bench {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double sample_deviation(std::span<const double> values) {
  const double mean = figure_mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double weighted_mean(std::span<const Weighted> values) {
  double sum = 0, count = 0;
  for (const auto& [value, weight] : values) sum += value, count += weight;
  return sum / count;
}

}  // namespace

int64_t first_argmax(std::span<const double> values) {
  int64_t best = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) return static_cast<int64_t>(i);
    if (values[i] > values[static_cast<size_t>(best)]) best = static_cast<int64_t>(i);
  }
  return best;
}

double figure_mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double mean_standard_error(std::span<const double> values) {
  if (values.size() < 2) return kNaN;
  return sample_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

double figure_perplexity(std::span<const double> values) { return std::exp(-figure_mean(values)); }

double weighted_perplexity(std::span<const Weighted> values) { return std::exp(-weighted_mean(values)); }

double bits_per_count(std::span<const Weighted> values) { return -weighted_mean(values) / std::log(2.0); }

double bootstrap_perplexity_error(std::span<const double> values, int64_t iterations) {
  if (values.size() < 2) return kNaN;
  const int64_t chunk = std::min<int64_t>(1000, iterations);
  const auto count = static_cast<double>(values.size());
  std::vector<double> resampled;
  for (int64_t run = 0; run < iterations / chunk; ++run) {
    PythonRandom random(static_cast<uint64_t>(run));
    for (int64_t draw = 0; draw < chunk; ++draw) {
      double sum = 0;  // random.choices, then perplexity
      for (size_t i = 0; i < values.size(); ++i) sum += values[static_cast<size_t>(random.random() * count)];
      resampled.push_back(std::exp(-(sum / count)));
    }
  }
  return sample_deviation(resampled);
}

double group_mean(std::span<const double> values, std::span<const int64_t> sizes) {
  double sum = 0;
  int64_t total = 0;
  for (size_t i = 0; i < values.size(); ++i) sum += values[i] * static_cast<double>(sizes[i]), total += sizes[i];
  return sum / static_cast<double>(total);
}

double pooled_standard_error(std::span<const double> errors, std::span<const int64_t> sizes) {
  double sum = 0;
  int64_t total = 0;
  for (size_t i = 0; i < errors.size(); ++i) {
    sum += static_cast<double>(sizes[i] - 1) * (errors[i] * errors[i]) * static_cast<double>(sizes[i]);
    total += sizes[i];
  }
  const double variance = sum / static_cast<double>(total - static_cast<int64_t>(errors.size()));
  return std::sqrt(variance / static_cast<double>(total));
}

}  // namespace fp8bench
