// How small a loss can be seen, and how many items it takes (paired.h has the simple formula that every row states).
#pragma once
#include <cstdint>
#include <optional>

namespace fp8bench {

// Connor 1987 (Biometrics 43:207): z_alpha sqrt(d) + z_power sqrt(d - D^2) = D sqrt(n), the effect D that McNemar's
// one-sided z test finds with this power among n items with discordance d. None: not attainable, |D| <= d.
std::optional<double> connor_effect(int64_t items, double discordance, double alpha = 0.05, double power = 0.8);

// Power of the exact one-sided McNemar test at a true loss of `effect`: the sum over every number of flips and every
// split of it. 0 <= effect <= discordance.
double exact_mcnemar_power(int64_t items, double discordance, double effect, double alpha = 0.05);

// Items for a loss of `effect` by Connor's formula; and to rule out a loss of `margin` (non-inferiority) where there is
// none: n = (z_alpha + z_power)^2 d / margin^2 to first order, with the null variance d - margin^2 at the margin. None
// when effect > discordance or effect <= 0.
std::optional<int64_t> items_to_find(double effect, double discordance, double alpha = 0.05, double power = 0.8);
std::optional<int64_t> items_to_rule_out(double margin, double discordance, double alpha = 0.05, double power = 0.8);

// The power of that non-inferiority test with n items, where there is no loss.
double rule_out_power(int64_t items, double margin, double discordance, double alpha = 0.05);

// The smallest margin that n items can rule out with this power. At most 1.
double ruled_out_margin(int64_t items, double discordance, double alpha = 0.05, double power = 0.8);

}  // namespace fp8bench
