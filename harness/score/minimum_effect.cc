#include "harness/score/minimum_effect.h"

#include <algorithm>
#include <cmath>

#include "harness/score/beta.h"
#include "harness/score/normal.h"
#include "harness/score/saddle_point.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

// Fewest right->wrong among m flips that the exact test calls significant; m + 1 if none does.
int64_t critical_flips(int64_t m, double log_alpha) {
  int64_t low = 0, high = m + 1;  // significant at high, not at low
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (log_binomial_half_upper(m, middle) <= log_alpha ? high : low) = middle;
  }
  return high;
}

}  // namespace

std::optional<double> connor_effect(int64_t items, double discordance, double alpha, double power) {
  if (items < 1) return std::nullopt;
  const double za = normal_quantile(1 - alpha), zb = normal_quantile(power);
  const double root_n = std::sqrt(static_cast<double>(items));
  const auto excess = [&](double effect) {
    return za * std::sqrt(discordance) + zb * std::sqrt(std::max(0.0, discordance - effect * effect)) - effect * root_n;
  };
  if (excess(discordance) > 0) return std::nullopt;
  double low = 0, high = discordance;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (excess(middle) > 0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double exact_mcnemar_power(int64_t items, double discordance, double effect, double alpha) {
  const double worse = (discordance + effect) / 2 / discordance, log_alpha = canonical_log(alpha);
  double sum = 0;
  for (int64_t m = 1; m <= items; ++m) {
    const double chance = canonical_exp(
        log_binomial_density(static_cast<double>(m), static_cast<double>(items - m), discordance, 1 - discordance));
    if (chance < 1e-17) continue;
    sum += chance * binomial_upper(m, critical_flips(m, log_alpha), worse);
  }
  return sum;
}

std::optional<int64_t> items_to_find(double effect, double discordance, double alpha, double power) {
  if (!(effect > 0) || effect > discordance) return std::nullopt;
  const double za = normal_quantile(1 - alpha), zb = normal_quantile(power);
  const double root =
      (za * std::sqrt(discordance) + zb * std::sqrt(std::max(0.0, discordance - effect * effect))) / effect;
  return static_cast<int64_t>(std::ceil(root * root));
}

// Without a loss the two directions of flips are equally likely. The score test takes its variance at the margin, where
// the restricted estimate of the discordance is close to d: the sum of both flip rates is what is observed.
std::optional<int64_t> items_to_rule_out(double margin, double discordance, double alpha, double power) {
  if (!(margin > 0)) return std::nullopt;
  int64_t low = 0, high = 1;
  while (rule_out_power(high, margin, discordance, alpha) < power) {
    low = high;
    if (high > (int64_t{1} << 50)) return std::nullopt;
    high *= 2;
  }
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (rule_out_power(middle, margin, discordance, alpha) < power ? low : high) = middle;
  }
  return high;
}

double rule_out_power(int64_t items, double margin, double discordance, double alpha) {
  const double n = static_cast<double>(items), up = 0.5 * discordance;
  // Tango's restricted share of right->wrong at the margin, from the expected counts (paired.cc: tango_z).
  const double d = -margin, a = 2, b = 2 * d - discordance, c = -up * d * (1 - d);
  const double q = (std::sqrt(std::max(0.0, b * b - 4 * a * c)) - b) / (2 * a);
  const double null_error = std::sqrt(std::max(1e-300, (2 * q + d * (1 - d)) / n));
  const double true_error = std::sqrt(std::max(1e-300, discordance / n));
  return normal_cdf((margin - normal_quantile(1 - alpha) * null_error) / true_error);
}

double ruled_out_margin(int64_t items, double discordance, double alpha, double power) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (rule_out_power(items, middle, discordance, alpha) < power ? low : high) = middle;
  }
  return high;
}

}  // namespace fp8bench
