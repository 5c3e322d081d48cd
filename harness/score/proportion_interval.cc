#include "harness/score/proportion_interval.h"

#include <algorithm>
#include <cmath>

#include "harness/score/beta.h"
#include "harness/score/normal.h"

namespace fp8bench {
namespace {

Bounds wilson(int64_t k, int64_t n, double z) {
  const double count = static_cast<double>(n), p = static_cast<double>(k) / count, z2 = z * z;
  const double scale = 1 + z2 / count, middle = (p + z2 / (2 * count)) / scale;
  const double reach = z * std::sqrt(p * (1 - p) / count + z2 / (4 * count * count)) / scale;
  return {k == 0 ? 0.0 : middle - reach, k == n ? 1.0 : middle + reach};
}

}  // namespace

Bounds wilson_interval(int64_t k, int64_t n, double level) { return wilson(k, n, normal_quantile(0.5 + 0.5 * level)); }

Bounds wilson_interval_corrected(int64_t k, int64_t n, double level) {
  const double z = normal_quantile(0.5 + 0.5 * level), z2 = z * z;
  const double count = static_cast<double>(n), p = static_cast<double>(k) / count, q = 1 - p;
  const double below = 2 * count * p + z2, scale = 2 * (count + z2);
  const auto root = [&](double sign) {
    return z * std::sqrt(z2 - sign * 2 - 1 / count + 4 * p * (count * q + sign)) + 1;
  };
  return {k == 0 ? 0.0 : (below - root(1)) / scale, k == n ? 1.0 : (below + root(-1)) / scale};
}

Bounds clopper_pearson_interval(int64_t k, int64_t n, double level) {
  const double tail = 0.5 * (1 - level), right = static_cast<double>(k), wrong = static_cast<double>(n - k);
  return {k == 0 ? 0.0 : beta_quantile(right, wrong + 1, tail),
          k == n ? 1.0 : 1 - beta_quantile(wrong, right + 1, tail)};
}

Bounds agresti_coull_interval(int64_t k, int64_t n, double level) {
  const double z = normal_quantile(0.5 + 0.5 * level), count = static_cast<double>(n) + z * z;
  const double p = (static_cast<double>(k) + 0.5 * z * z) / count, reach = z * std::sqrt(p * (1 - p) / count);
  return {std::max(0.0, p - reach), std::min(1.0, p + reach)};
}

Bounds jeffreys_interval(int64_t k, int64_t n, double level) {
  const double tail = 0.5 * (1 - level), right = static_cast<double>(k) + 0.5, wrong = static_cast<double>(n - k) + 0.5;
  return {beta_quantile(right, wrong, tail), 1 - beta_quantile(wrong, right, tail)};
}

double wilson_lower(int64_t k, int64_t n, double confidence) {
  return std::max(0.0, wilson(k, n, normal_quantile(confidence)).low);
}

}  // namespace fp8bench
