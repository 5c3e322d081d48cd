// The same items under two checkpoints. Sign everywhere: difference = candidate - reference, negative is a loss.
// Why paired and clustered: Miller 2024, "Adding Error Bars to Evals" (arXiv:2411.00640). Golden values of scipy and
// statsmodels: tests/score/paired_test.cc.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/score/percentile.h"
#include "harness/score/task_score.h"

namespace fp8bench {

struct PairedCounts {
  int64_t both_right = 0;
  int64_t right_to_wrong = 0;  // right under the reference, wrong under the candidate: b
  int64_t wrong_to_right = 0;  // c
  int64_t both_wrong = 0;
  int64_t items() const { return both_right + right_to_wrong + wrong_to_right + both_wrong; }
  int64_t flips() const { return right_to_wrong + wrong_to_right; }
  double difference() const;  // (c - b) / n, a ratio; 0 if n = 0
};
// Throws CheckError if the lists differ in length.
PairedCounts count_pairs(std::span<const ItemScore> reference, std::span<const ItemScore> candidate);

struct McNemar {                                    // exact, X ~ Binomial(b + c, 1/2); without flips every exact p is 1
  double p_worse = 1;                               // P(X >= b): one-sided, the candidate is worse
  double p_better = 1;                              // P(X <= b)
  double p_two_sided = 1;                           // min(1, 2 min(p_worse, p_better))
  double mid_p_worse = 0.5;                         // P(X > b) + P(X = b) / 2
  double mid_p_two_sided = 1;                       // 2 min(mid_p_worse, 1 - mid_p_worse)
  double mid_p_fagerland = 0.5;                     // p_two_sided - P(X = b), but 1 - P(X = b) / 2 where b = c
  double log10_p_worse = 0, log10_p_two_sided = 0;  // for p below the range of double
};
// mid_p_fagerland: Fagerland et al., BMC Med Res Methodol 2013;13:91.
McNemar mcnemar(int64_t right_to_wrong, int64_t wrong_to_right);

// The textbook approximation, for comparison with tables that use it: (|b - c| - corrected)^2 / (b + c) and its p from
// chi-square with one degree of freedom. Needs b + c > 0. Corrected as statsmodels does it: not clipped where b = c.
struct ChiSquare {
  double statistic = 0, p = 1;
};
ChiSquare mcnemar_chi_square(int64_t right_to_wrong, int64_t wrong_to_right, bool corrected = false);

// Standard error of the paired difference: sqrt(D/n - difference^2) / sqrt(n), D = flips (population form, Miller
// 2024).
double paired_standard_error(const PairedCounts& counts);
// Tango's score interval of the difference (Stat Med 1998;17:891), two-sided level. Without flips it is +- z^2/(n +
// z^2), not a point: no flips among 20 items do not prove that there are none.
Bounds tango_interval(const PairedCounts& counts, double level = 0.95);
// The score statistic behind it: z of the hypothesis that the true difference is `difference`, in (-1, 1). Positive:
// the data lie above.
double tango_z(const PairedCounts& counts, double difference);

// Smallest true loss that a one-sided test finds with this power: (z_alpha + z_power) sqrt(d / n) with d the
// discordance, and at least the loss that could hide behind the observed number of flips: d is taken as max(D, 1) / n.
// A ratio; > d means not attainable.
double minimum_detectable_effect(int64_t items, double discordance, double alpha = 0.05, double power = 0.8);
double minimum_detectable_effect(const PairedCounts& counts, double alpha = 0.05, double power = 0.8);

// Mean of paired differences with a cluster-robust standard error: sqrt(sum_c (sum_{i in c} (d_i - mean))^2) / n *
// sqrt(G / (G - 1)), G clusters; with one item a cluster it is the usual sd / sqrt(n). p from the normal distribution.
struct PairedMean {
  int64_t items = 0, clusters = 0;
  double mean = 0, standard_error = 0;  // standard_error 0 with fewer than 2 clusters
  double z = 0;                         // mean / standard_error; 0 if both are 0, +-1e9 if only the error is
  double p_worse = 1, p_two_sided = 1;  // p_worse: P(Z <= z)
  Bounds interval;                      // 95 %, normal
  double population_error = 0;          // without the factor sqrt(G / (G - 1)): Miller's own form
};
// clusters: one label per item, or empty for items that are independent.
PairedMean paired_mean(std::span<const double> differences, std::span<const int64_t> clusters = {});
// candidate - reference of gold_logprob, nats an item: finer than right or wrong, so it sees smaller losses.
PairedMean gold_logprob_test(std::span<const ItemScore> reference, std::span<const ItemScore> candidate,
                             std::span<const int64_t> clusters = {});

enum class PairedVerdict { kPass, kRegression, kInconclusive };
std::string paired_verdict_name(PairedVerdict verdict);  // "pass", "regression", "inconclusive"

struct GateOptions {
  double margin = 0.02;  // a ratio: 0.02 = 2 points
  double alpha = 0.05;   // one-sided
  // The gold-log-probability rule.
  double gold_alpha = 0.001;  // one-sided; strict, because it is a second look at the same items
  double gold_floor = 0;      // nats an item: the largest |mean| of the rounding floor's draws (floor.h)
  double gold_margin = 0;     // nats an item on top of the floor
  bool gold_rule = true;
};

// The verdict on a task or a pool of tasks.
//   pass          non-inferior: lower limit of the (1 - 2 alpha) Tango interval > -margin, and no rule proves a
//   regression regression    accuracy: exact one-sided McNemar p <= alpha and difference <= -margin (significance and
//   size), or
//                 gold: mean + z(gold_alpha) * standard error < -(gold_floor + gold_margin): a drop that the rounding
//                 of FP8 does not explain
//   inconclusive  neither: the data cannot tell at this margin
// A significant loss inside the margin passes, and reason says so.
struct GateResult {
  PairedVerdict verdict = PairedVerdict::kInconclusive;
  std::string reason;                         // one line
  bool by_accuracy = false, by_gold = false;  // which rule proved the regression
  bool beyond_margin_proven = false;          // even the upper limit lies below -margin
  PairedCounts counts;
  McNemar test;
  PairedMean gold;
  double standard_error = 0;
  Bounds interval95;              // two-sided Tango 95 %
  Bounds decision_interval;       // (1 - 2 alpha): the limits that the verdict uses
  double minimum_detectable = 0;  // ratio
};
GateResult judge_paired(const PairedCounts& counts, const PairedMean& gold, const GateOptions& options = {});
GateResult judge_paired(std::span<const ItemScore> reference, std::span<const ItemScore> candidate,
                        const GateOptions& options = {}, std::span<const int64_t> clusters = {});

}  // namespace fp8bench
