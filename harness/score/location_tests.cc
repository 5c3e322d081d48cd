#include "harness/score/location_tests.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "harness/io/error.h"
#include "harness/score/beta.h"
#include "harness/score/normal.h"

namespace fp8bench {
namespace {

struct Ranked {
  std::vector<double> ranks;  // of |d|, ties share the mean
  double ties = 0;            // sum of t^3 - t over groups of equal |d| > 0
};

Ranked rank_sizes(std::span<const double> d) {
  std::vector<size_t> order(d.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return std::fabs(d[a]) < std::fabs(d[b]); });
  Ranked out{std::vector<double>(d.size()), 0};
  for (size_t first = 0; first < order.size();) {
    size_t last = first + 1;
    while (last < order.size() && std::fabs(d[order[last]]) == std::fabs(d[order[first]])) ++last;
    const double size = static_cast<double>(last - first);
    for (size_t i = first; i < last; ++i) out.ranks[order[i]] = 0.5 * static_cast<double>(first + 1 + last);
    if (d[order[first]] != 0) out.ties += size * size * size - size;
    first = last;
  }
  return out;
}

double sum_of(std::span<const double> values, size_t first, size_t last) {
  double sum = 0;
  for (size_t i = first; i < last && i < values.size(); ++i) sum += values[i];
  return sum;
}

void exact_p(WilcoxonTest& out, size_t count) {
  const std::vector<double> at = signed_rank_distribution(static_cast<int64_t>(count));
  // Rank sums with ties may end in one half: up for the lower tail, down for the upper one, both conservative.
  out.p_less = std::min(1.0, sum_of(at, 0, static_cast<size_t>(std::ceil(out.plus)) + 1));
  out.p_greater = std::min(1.0, sum_of(at, static_cast<size_t>(std::floor(out.plus)), at.size()));
  out.p_two_sided = std::min(1.0, 2 * std::min(out.p_less, out.p_greater));
}

}  // namespace

StudentTest student_test(std::span<const double> differences, double level) {
  const double n = static_cast<double>(differences.size());
  double sum = 0, squares = 0;
  for (const double d : differences) sum += d;
  for (const double d : differences) squares += (d - sum / n) * (d - sum / n);
  if (differences.size() < 2 || !(squares > 0))
    throw CheckError("Student's test: expected at least 2 values that differ");
  StudentTest out;
  out.df = n - 1;
  const double error = std::sqrt(squares / (n - 1) / n);
  out.statistic = sum / n / error;
  out.p_less = student_cdf(out.statistic, out.df);
  out.p_greater = student_cdf(-out.statistic, out.df);
  out.p_two_sided = 2 * student_cdf(-std::fabs(out.statistic), out.df);
  const double reach = student_quantile(0.5 + 0.5 * level, out.df) * error;
  out.interval = {sum / n - reach, sum / n + reach};
  return out;
}

WilcoxonTest wilcoxon_test(std::span<const double> differences, const WilcoxonOptions& options) {
  std::vector<double> d(differences.begin(), differences.end());
  const double zeros = static_cast<double>(std::count(d.begin(), d.end(), 0.0));
  if (zeros == static_cast<double>(d.size())) throw CheckError("Wilcoxon's test: expected a difference other than 0");
  if (!options.pratt) d.erase(std::remove(d.begin(), d.end(), 0.0), d.end());
  const Ranked ranked = rank_sizes(d);
  WilcoxonTest out;
  for (size_t i = 0; i < d.size(); ++i) {
    if (d[i] > 0) out.plus += ranked.ranks[i];
    if (d[i] < 0) out.minus += ranked.ranks[i];
  }
  if (options.exact) {
    exact_p(out, d.size());
    return out;
  }
  const double n = static_cast<double>(d.size()), kept = options.pratt ? zeros : 0;
  const double mean = 0.25 * (n * (n + 1) - kept * (kept + 1));
  const double variance = (n * (n + 1) * (2 * n + 1) - kept * (kept + 1) * (2 * kept + 1) - ranked.ties / 2) / 24;
  const double error = std::sqrt(variance), z = (out.plus - mean) / error;
  const double half = options.correction ? 0.5 / error : 0;
  out.p_greater = normal_cdf(-(z - half));
  out.p_less = normal_cdf(options.correction ? z + half : z);
  out.z = -std::fabs(z - (z > 0 ? half : z < 0 ? -half : 0));
  out.p_two_sided = std::min(1.0, 2 * normal_cdf(out.z));
  return out;
}

std::vector<double> signed_rank_distribution(int64_t n) {
  std::vector<double> at = {1};
  for (int64_t rank = 1; rank <= n; ++rank) {
    std::vector<double> next(at.size() + static_cast<size_t>(rank), 0);
    for (size_t w = 0; w < at.size(); ++w) {
      next[w] += 0.5 * at[w];
      next[w + static_cast<size_t>(rank)] += 0.5 * at[w];
    }
    at = std::move(next);
  }
  return at;
}

HodgesLehmann hodges_lehmann(std::span<const double> differences, double level) {
  if (differences.empty()) throw CheckError("Hodges-Lehmann: no values");
  std::vector<double> means;
  for (size_t i = 0; i < differences.size(); ++i)
    for (size_t j = i; j < differences.size(); ++j) means.push_back((differences[i] + differences[j]) / 2);
  std::sort(means.begin(), means.end());
  const auto at = [&](int64_t k) {
    return Bounds{means[static_cast<size_t>(k - 1)], means[means.size() - static_cast<size_t>(k)]};
  };
  HodgesLehmann out;
  const size_t half = means.size() / 2;
  out.estimate = means.size() % 2 == 1 ? means[half] : (means[half - 1] + means[half]) / 2;
  const double n = static_cast<double>(differences.size()), tail = 0.5 * (1 - level);
  if (differences.size() <= kHodgesLehmannExact) {
    const std::vector<double> chance = signed_rank_distribution(static_cast<int64_t>(differences.size()));
    double below = chance[0];  // P(W <= k)
    while (below < tail) below += chance[static_cast<size_t>(++out.k)];
    out.k = std::max<int64_t>(out.k, 1);
    out.interval = at(out.k);
    out.achieved = 1 - 2 * sum_of(chance, 0, static_cast<size_t>(out.k));
  }
  const double reach = normal_quantile(1 - tail) * std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  out.k_normal = std::max<int64_t>(1, static_cast<int64_t>(std::floor(n * (n + 1) / 4 - reach)));
  out.interval_normal = at(out.k_normal);
  return out;
}

}  // namespace fp8bench
