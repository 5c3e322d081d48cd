// The verdict of a paired comparison: the part of paired.h that decides.
#include <fmt/core.h>

#include "harness/score/normal.h"
#include "harness/score/paired.h"

namespace fp8bench {
namespace {

constexpr double kPoints = 100;

std::string accuracy_reason(const GateResult& r, const GateOptions& options) {
  return fmt::format(
      "{:+.2f} points ({} right->wrong, {} wrong->right, {:.0f} % interval {:+.2f} to {:+.2f}, margin {:.2f})",
      kPoints * r.counts.difference(), r.counts.right_to_wrong, r.counts.wrong_to_right, 100 * (1 - 2 * options.alpha),
      kPoints * r.decision_interval.low, kPoints * r.decision_interval.high, kPoints * options.margin);
}

std::string reason_of(const GateResult& r, const GateOptions& options) {
  const std::string accuracy = accuracy_reason(r, options);
  if (r.verdict == PairedVerdict::kRegression) {
    std::string out =
        r.by_accuracy ? fmt::format("a loss beyond the margin: {}, one-sided p {:.2g}", accuracy, r.test.p_worse) : "";
    if (r.by_gold) {
      out += fmt::format(
          "{}gold log-probability {:+.4f} +- {:.4f} nats an item, beyond the rounding floor of {:.4f} and a margin of "
          "{:.4f}",
          out.empty() ? "" : "; ", r.gold.mean, r.gold.standard_error, options.gold_floor, options.gold_margin);
    }
    return out;
  }
  if (r.verdict == PairedVerdict::kInconclusive) {
    return fmt::format("the data cannot tell: {}; smallest loss found 80 % of the time {:.2f} points", accuracy,
                       kPoints * r.minimum_detectable);
  }
  return r.test.p_worse <= options.alpha ? fmt::format("a significant loss, but inside the margin: {}", accuracy)
                                         : fmt::format("no loss beyond the margin: {}", accuracy);
}

}  // namespace

std::string paired_verdict_name(PairedVerdict verdict) {
  switch (verdict) {
    case PairedVerdict::kPass:
      return "pass";
    case PairedVerdict::kRegression:
      return "regression";
    case PairedVerdict::kInconclusive:
      break;
  }
  return "inconclusive";
}

GateResult judge_paired(const PairedCounts& counts, const PairedMean& gold, const GateOptions& options) {
  GateResult out;
  out.counts = counts;
  out.gold = gold;
  out.test = mcnemar(counts.right_to_wrong, counts.wrong_to_right);
  out.standard_error = paired_standard_error(counts);
  out.interval95 = tango_interval(counts, 0.95);
  out.decision_interval = tango_interval(counts, 1 - 2 * options.alpha);
  out.minimum_detectable = minimum_detectable_effect(counts, options.alpha);
  out.by_accuracy = counts.items() > 0 && out.test.p_worse <= options.alpha && counts.difference() <= -options.margin;
  const double gold_upper = gold.mean + normal_quantile(1 - options.gold_alpha) * gold.standard_error;
  out.by_gold = options.gold_rule && gold.clusters >= 2 && gold_upper < -(options.gold_floor + options.gold_margin);
  out.beyond_margin_proven = out.decision_interval.high < -options.margin;
  if (out.by_accuracy || out.by_gold) {
    out.verdict = PairedVerdict::kRegression;
  } else if (out.decision_interval.low > -options.margin) {
    out.verdict = PairedVerdict::kPass;
  }
  out.reason = reason_of(out, options);
  return out;
}

GateResult judge_paired(std::span<const ItemScore> reference, std::span<const ItemScore> candidate,
                        const GateOptions& options, std::span<const int64_t> clusters) {
  return judge_paired(count_pairs(reference, candidate), gold_logprob_test(reference, candidate, clusters), options);
}

}  // namespace fp8bench
