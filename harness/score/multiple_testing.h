// Several tests at once: p-values adjusted so that each may be held against one alpha, in the order given. Holm,
// Bonferroni, Holm-Sidak and Hochberg hold the chance of any false alarm in the family at alpha (Hochberg and Sidak
// need tests that are independent or positively dependent), Benjamini-Hochberg the share of false alarms among the
// alarms. Equal to statsmodels' multipletests.
#pragma once
#include <span>
#include <vector>

namespace fp8bench {

enum class Correction { kHolm, kBonferroni, kBenjaminiHochberg, kHolmSidak, kHochberg };

struct Adjusted {
  std::vector<double> p;     // at most 1
  std::vector<bool> reject;  // decided on the raw p against its threshold, which rounding cannot move
};
Adjusted adjust_p_values(std::span<const double> p, Correction correction, double alpha = 0.05);

}  // namespace fp8bench
