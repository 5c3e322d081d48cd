#include "harness/score/paired.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "harness/io/error.h"
#include "harness/score/normal.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

constexpr double kLog2 = 0.693147180559945309;

double z_of(double mean, double error) {
  if (error > 0) return mean / error;
  return mean > 0 ? 1e9 : mean < 0 ? -1e9 : 0;
}

// The limit of the score interval in [near, far]: z falls from 0 at the estimate to -z at one end and rises to +z at
// the other.
double tango_limit(const PairedCounts& counts, double inside, double outside, double z) {
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (inside + outside);
    if (middle == inside || middle == outside) break;
    (std::fabs(tango_z(counts, middle)) < z ? inside : outside) = middle;
  }
  return 0.5 * (inside + outside);
}

}  // namespace

double PairedCounts::difference() const {
  const int64_t n = items();
  return n == 0 ? 0 : static_cast<double>(wrong_to_right - right_to_wrong) / static_cast<double>(n);
}

PairedCounts count_pairs(std::span<const ItemScore> reference, std::span<const ItemScore> candidate) {
  if (reference.size() != candidate.size()) {
    throw CheckError(fmt::format("paired items: expected as many as the reference's {}, found {}", reference.size(),
                                 candidate.size()));
  }
  PairedCounts out;
  for (size_t i = 0; i < reference.size(); ++i) {
    const bool ref = reference[i].correct, cand = candidate[i].correct;
    (ref ? (cand ? out.both_right : out.right_to_wrong) : (cand ? out.wrong_to_right : out.both_wrong)) += 1;
  }
  return out;
}

McNemar mcnemar(int64_t right_to_wrong, int64_t wrong_to_right) {
  McNemar out;
  const int64_t n = right_to_wrong + wrong_to_right;
  if (n == 0) return out;
  const double log_worse = log_binomial_half_upper(n, right_to_wrong);
  const double log_better = log_binomial_half_lower(n, right_to_wrong);
  const double log_two = std::min(0.0, std::min(log_worse, log_better) + kLog2);
  out.p_worse = canonical_exp(log_worse);
  out.p_better = canonical_exp(log_better);
  out.p_two_sided = canonical_exp(log_two);
  out.log10_p_worse = log_worse / kLn10;
  out.log10_p_two_sided = log_two / kLn10;
  const double at = canonical_exp(log_binomial_half(n, right_to_wrong));
  out.mid_p_worse = canonical_exp(log_binomial_half_upper(n, right_to_wrong + 1)) + 0.5 * at;
  const double mid_p_better = canonical_exp(log_binomial_half_lower(n, right_to_wrong - 1)) + 0.5 * at;
  out.mid_p_two_sided = std::min(1.0, 2 * std::min(out.mid_p_worse, mid_p_better));
  out.mid_p_fagerland = right_to_wrong == wrong_to_right ? 1 - 0.5 * at : out.p_two_sided - at;
  return out;
}

ChiSquare mcnemar_chi_square(int64_t right_to_wrong, int64_t wrong_to_right, bool corrected) {
  const double flips = static_cast<double>(right_to_wrong + wrong_to_right);
  const double gap = std::fabs(static_cast<double>(right_to_wrong - wrong_to_right)) - (corrected ? 1 : 0);
  ChiSquare out;
  out.statistic = gap * gap / flips;
  out.p = 2 * normal_cdf(-std::fabs(gap) / std::sqrt(flips));
  return out;
}

double paired_standard_error(const PairedCounts& counts) {
  const double n = static_cast<double>(counts.items()), delta = counts.difference();
  if (n == 0) return 0;
  return std::sqrt(std::max(0.0, static_cast<double>(counts.flips()) / n - delta * delta)) / std::sqrt(n);
}

double tango_z(const PairedCounts& counts, double difference) {
  const double n = static_cast<double>(counts.items()), d = difference;
  const double up = static_cast<double>(counts.wrong_to_right), down = static_cast<double>(counts.right_to_wrong);
  // The maximum-likelihood share of right->wrong if the true difference were d: root of a q^2 + b q + c = 0.
  const double a = 2 * n, b = (2 * n - up + down) * d - up - down, c = -down * d * (1 - d);
  const double q = (std::sqrt(std::max(0.0, b * b - 4 * a * c)) - b) / (2 * a);
  const double variance = n * (2 * q + d * (1 - d));
  const double distance = up - down - n * d;
  return variance > 0 ? distance / std::sqrt(variance) : z_of(distance, 0);
}

Bounds tango_interval(const PairedCounts& counts, double level) {
  if (counts.items() == 0) return {-1, 1};
  const double z = normal_quantile(0.5 + 0.5 * level), estimate = counts.difference();
  return {tango_limit(counts, estimate, -1, z), tango_limit(counts, estimate, 1, z)};
}

double minimum_detectable_effect(int64_t items, double discordance, double alpha, double power) {
  if (items < 1) return 1;
  return (normal_quantile(1 - alpha) + normal_quantile(power)) * std::sqrt(discordance / static_cast<double>(items));
}

double minimum_detectable_effect(const PairedCounts& counts, double alpha, double power) {
  const double n = static_cast<double>(std::max<int64_t>(counts.items(), 1));
  const double flips = static_cast<double>(std::max<int64_t>(counts.flips(), 1));
  return minimum_detectable_effect(counts.items(), flips / n, alpha, power);
}

PairedMean paired_mean(std::span<const double> differences, std::span<const int64_t> clusters) {
  if (!clusters.empty() && clusters.size() != differences.size()) {
    throw CheckError(
        fmt::format("paired mean: expected {} cluster labels, found {}", differences.size(), clusters.size()));
  }
  PairedMean out;
  out.items = static_cast<int64_t>(differences.size());
  if (differences.empty()) return out;
  const double n = static_cast<double>(differences.size());
  double sum = 0;
  for (const double d : differences) sum += d;
  out.mean = sum / n;
  std::unordered_map<int64_t, size_t> index;
  std::vector<double> residual;
  for (size_t i = 0; i < differences.size(); ++i) {
    const int64_t label = clusters.empty() ? static_cast<int64_t>(i) : clusters[i];
    const auto [place, is_new] = index.try_emplace(label, index.size());
    if (is_new) residual.push_back(0);
    residual[place->second] += differences[i] - out.mean;
  }
  out.clusters = static_cast<int64_t>(residual.size());
  if (out.clusters >= 2) {
    double squares = 0;
    for (const double r : residual) squares += r * r;
    const double g = static_cast<double>(out.clusters);
    out.population_error = std::sqrt(squares) / n;
    out.standard_error = out.population_error * std::sqrt(g / (g - 1));
  }
  out.z = z_of(out.mean, out.standard_error);
  out.p_worse = normal_cdf(out.z);
  out.p_two_sided = std::min(1.0, 2 * normal_cdf(-std::fabs(out.z)));
  const double reach = normal_quantile(0.975) * out.standard_error;
  out.interval = {out.mean - reach, out.mean + reach};
  return out;
}

PairedMean gold_logprob_test(std::span<const ItemScore> reference, std::span<const ItemScore> candidate,
                             std::span<const int64_t> clusters) {
  if (reference.size() != candidate.size()) {
    throw CheckError(fmt::format("paired items: expected as many as the reference's {}, found {}", reference.size(),
                                 candidate.size()));
  }
  std::vector<double> differences(reference.size());
  for (size_t i = 0; i < differences.size(); ++i)
    differences[i] = candidate[i].gold_logprob - reference[i].gold_logprob;
  return paired_mean(differences, clusters);
}

}  // namespace fp8bench
