#include "harness/score/judge_task.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "harness/score/beta.h"
#include "harness/score/minimum_effect.h"
#include "harness/score/multiple_testing.h"
#include "harness/score/non_inferiority.h"
#include "harness/score/normal.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

constexpr double kLn2 = 0.693147180559945309;

bool is_likelihood(MetricKind kind) { return kind == MetricKind::kPerplexity || kind == MetricKind::kBits; }

// What makes the row unusable; empty: nothing.
std::string defect(const TaskPairs& pairs) {
  const size_t n = pairs.reference.size();
  if (n == 0) return "no items";
  if (pairs.candidate.size() != n)
    return fmt::format("expected as many candidate items as the reference's {}, found {}", n, pairs.candidate.size());
  const auto fits = [&](size_t size) { return size == 0 || size == n; };
  if (!fits(pairs.weights.size()) || !fits(pairs.clusters.size())) return "weights or clusters do not match the items";
  const auto both = [&](const auto& a, const auto& b) { return fits(a.size()) && a.size() == b.size(); };
  if (!both(pairs.reference_gold, pairs.candidate_gold) || !both(pairs.reference_margin, pairs.candidate_margin) ||
      !both(pairs.reference_picked, pairs.candidate_picked) || !both(pairs.reference_length, pairs.candidate_length))
    return "gold log-probabilities, margins, answers or lengths do not match the items";
  if (!fits(pairs.control.size()) || !fits(pairs.control_gold.size()) ||
      (!pairs.control_gold.empty() && pairs.candidate_gold.empty()))
    return "the control of the rounding floor does not match the items";
  for (size_t i = 0; i < n; ++i) {
    for (const double x : {pairs.reference[i], pairs.candidate[i], pairs.control.empty() ? 0.0 : pairs.control[i]}) {
      if (!std::isfinite(x)) return fmt::format("item {}: expected a finite {}, found {}", i, pairs.metric, x);
      if (pairs.kind == MetricKind::kBinary && x != 0 && x != 1)
        return fmt::format("item {}: expected {} to be 0 or 1, found {}", i, pairs.metric, x);
    }
    if (!pairs.weights.empty() && !(pairs.weights[i] > 0 && std::isfinite(pairs.weights[i])))
      return fmt::format("item {}: expected a positive weight, found {}", i, pairs.weights[i]);
  }
  return "";
}

double total(std::span<const double> x) {
  double sum = 0;
  for (const double value : x) sum += value;
  return sum;
}

// The metric as its harness reports it.
double shown(const TaskPairs& pairs, std::span<const double> x) {
  const double weight = pairs.weights.empty() ? static_cast<double>(x.size()) : total(pairs.weights);
  const double mean = total(x) / weight;
  if (pairs.kind == MetricKind::kPerplexity) return canonical_exp(-mean);
  return pairs.kind == MetricKind::kBits ? -mean / kLn2 : mean;
}

// Gains whose plain mean is the difference of the two ratios sum / weight, and whose spread is that difference's to
// first order: v_i = D + n / W (gain_i - D w_i). Equal weights leave the gains as they are.
std::vector<double> linear_gains(const TaskPairs& pairs) {
  const size_t n = pairs.reference.size();
  const double sign = pairs.higher_is_better || is_likelihood(pairs.kind) ? 1 : -1;
  std::vector<double> gains(n);
  for (size_t i = 0; i < n; ++i) gains[i] = sign * (pairs.candidate[i] - pairs.reference[i]);
  if (pairs.weights.empty()) return gains;
  const double weight = total(pairs.weights), difference = total(gains) / weight;
  for (size_t i = 0; i < n; ++i)
    gains[i] = difference + static_cast<double>(n) / weight * (gains[i] - difference * pairs.weights[i]);
  return gains;
}

PairedCounts count_binary(const TaskPairs& pairs) {
  PairedCounts out;
  for (size_t i = 0; i < pairs.reference.size(); ++i) {
    const bool ref = pairs.reference[i] != 0, cand = pairs.candidate[i] != 0;
    (ref ? (cand ? out.both_right : out.right_to_wrong) : (cand ? out.wrong_to_right : out.both_wrong)) += 1;
  }
  return out;
}

// Independent right or wrong: exact and score tests.
void test_counts(const PairedCounts& counts, const JudgeOptions& options, TaskVerdict& out) {
  out.standard_error = paired_standard_error(counts);
  out.interval95 = tango_interval(counts, 0.95);
  out.decision_interval = tango_interval(counts, 1 - 2 * options.alpha);
  const McNemar test = mcnemar(counts.right_to_wrong, counts.wrong_to_right);
  out.p_worse = test.p_worse;
  out.p_two_sided = test.p_two_sided;
  out.p_non_inferior = non_inferiority(counts, out.margin).score.p;
  out.minimum_detectable = minimum_detectable_effect(counts, options.alpha, options.power);
}

// Everything else: Student's t on the means of the clusters.
void test_mean(const PairedMean& mean, const JudgeOptions& options, TaskVerdict& out) {
  out.standard_error = mean.standard_error;
  if (mean.clusters < 2) {  // no spread can be told from one document
    out.interval95 = out.decision_interval = {-HUGE_VAL, HUGE_VAL};
    out.minimum_detectable = HUGE_VAL;
    return;
  }
  if (mean.standard_error == 0 && mean.mean == 0 && !is_likelihood(out.kind)) {
    // Not one item differs: as bounded as right and wrong of that many independent clusters.
    test_counts({mean.clusters, 0, 0, 0}, options, out);
    return;
  }
  const double df = static_cast<double>(mean.clusters - 1), error = mean.standard_error;
  const auto around = [&](double level) {
    const double reach = student_quantile(0.5 + 0.5 * level, df) * error;
    return Bounds{mean.mean - reach, mean.mean + reach};
  };
  const auto lower_p = [&](double distance) {  // P(T <= distance / error)
    if (error > 0) return student_cdf(distance / error, df);
    return distance < 0 ? 0.0 : 1.0;
  };
  out.interval95 = around(0.95);
  out.decision_interval = around(1 - 2 * options.alpha);
  out.p_worse = lower_p(mean.mean);
  out.p_two_sided = std::min(1.0, 2 * lower_p(-std::fabs(mean.mean)));
  out.p_non_inferior = lower_p(-(mean.mean + out.margin));
  out.minimum_detectable = (normal_quantile(1 - options.alpha) + normal_quantile(options.power)) * error;
}

Bounds bootstrap_clusters(std::span<const double> gains, std::span<const int64_t> clusters,
                          const BootstrapOptions& options) {
  std::unordered_map<int64_t, size_t> index;
  std::vector<double> sum, count;
  for (size_t i = 0; i < gains.size(); ++i) {
    const auto [place, is_new] = index.try_emplace(clusters[i], index.size());
    if (is_new) sum.push_back(0), count.push_back(0);
    sum[place->second] += gains[i];
    count[place->second] += 1;
  }
  return cluster_bootstrap_ratio(sum, count, options);
}

void describe(const TaskPairs& pairs, TaskVerdict& out) {
  if (!pairs.reference_gold.empty()) {
    std::vector<double> change(pairs.reference_gold.size());
    for (size_t i = 0; i < change.size(); ++i) change[i] = pairs.candidate_gold[i] - pairs.reference_gold[i];
    out.gold = paired_mean(change, pairs.clusters);
  }
  const bool ratio_makes_sense = pairs.higher_is_better && !is_likelihood(pairs.kind);
  if (ratio_makes_sense) out.recovery = paired_ratio(pairs.reference, pairs.candidate, pairs.clusters);
  if (!pairs.reference_margin.empty())
    out.margins = margin_slope(pairs.reference_margin, pairs.candidate_margin, pairs.clusters);
  if (!pairs.reference_length.empty())
    out.length = paired_ratio(pairs.reference_length, pairs.candidate_length, pairs.clusters);
  if (!pairs.reference_picked.empty()) {
    int64_t changed = 0;
    for (size_t i = 0; i < pairs.reference_picked.size(); ++i)
      changed += pairs.reference_picked[i] != pairs.candidate_picked[i];
    out.answers_changed = changed;
  }
}

// The row's rounding floor: the candidate against another correct run of itself.
void describe_floor(const TaskPairs& pairs, TaskVerdict& out) {
  if (pairs.control.empty()) return;
  TaskPairs again = pairs;
  again.reference = pairs.candidate;
  again.candidate = pairs.control;
  if (pairs.kind == MetricKind::kBinary) out.floor_counts = count_binary(again);
  out.floor_difference = paired_mean(linear_gains(again)).mean;
  if (pairs.control_gold.empty()) return;
  double change = 0;
  for (size_t i = 0; i < pairs.control_gold.size(); ++i) change += pairs.control_gold[i] - pairs.candidate_gold[i];
  out.gold_floor = std::fabs(change) / static_cast<double>(pairs.control_gold.size());
}

TaskVerdict measure(const TaskPairs& pairs, const JudgeOptions& options) {
  TaskVerdict out;
  out.task = pairs.task;
  out.metric = pairs.metric;
  out.filter = pairs.filter;
  out.kind = pairs.kind;
  out.items = static_cast<int64_t>(pairs.reference.size());
  out.reason = defect(pairs);
  if (!out.reason.empty()) return out;
  out.outcome = StageOutcome::kInconclusive;
  out.margin = is_likelihood(pairs.kind) ? canonical_log(1 + options.margin) : options.margin;
  out.reference = shown(pairs, pairs.reference);
  out.candidate = shown(pairs, pairs.candidate);
  const std::vector<double> gains = linear_gains(pairs);
  const PairedMean mean = paired_mean(gains, pairs.clusters);
  out.difference = mean.mean;
  out.clusters = mean.clusters;
  const bool independent = mean.clusters == out.items;
  if (pairs.kind == MetricKind::kBinary) {
    out.counts = count_binary(pairs);
    out.test = mcnemar(out.counts.right_to_wrong, out.counts.wrong_to_right);
  }
  if (pairs.kind == MetricKind::kBinary && pairs.weights.empty() && independent)
    test_counts(out.counts, options, out);
  else
    test_mean(mean, options, out);
  if (!independent && mean.clusters >= 2)
    out.bootstrap95 = bootstrap_clusters(gains, pairs.clusters, options.bootstrap);
  describe(pairs, out);
  describe_floor(pairs, out);
  return out;
}

// Differences of accuracies in points, of perplexities in nats.
std::string figures(const TaskVerdict& v, const JudgeOptions& options) {
  const bool nats = is_likelihood(v.kind);
  const double scale = nats ? 1 : 100;
  const int digits = nats ? 5 : 2;
  const std::string flips =
      v.kind == MetricKind::kBinary
          ? fmt::format("{} right->wrong, {} wrong->right, ", v.counts.right_to_wrong, v.counts.wrong_to_right)
          : "";
  return fmt::format("{:+.{}f} {} ({}{:.3g} % interval {:+.{}f} to {:+.{}f}, margin {:.{}f})", scale * v.difference,
                     digits, nats ? "nats a unit" : "points", flips, 100 * (1 - 2 * options.alpha),
                     scale * v.decision_interval.low, digits, scale * v.decision_interval.high, digits,
                     scale * v.margin, digits);
}

std::string inconclusive_reason(const TaskVerdict& v, const JudgeOptions& options) {
  if (v.clusters < 2) return "one document has no spread: nothing can be told from it";
  std::string out = "the data cannot tell: " + figures(v, options);
  const bool nats = is_likelihood(v.kind);
  out += fmt::format("; smallest loss found {:.3g} % of the time {:.{}f}", 100 * options.power,
                     (nats ? 1 : 100) * v.minimum_detectable, nats ? 5 : 2);
  if (v.kind != MetricKind::kBinary || v.clusters != v.items) return out;
  const double discordance = static_cast<double>(std::max<int64_t>(v.counts.flips(), 1)) / static_cast<double>(v.items);
  const auto needed = items_to_rule_out(v.margin, discordance, options.alpha, options.power);
  if (needed && *needed > v.items) out += fmt::format("; about {} items would settle it if nothing is lost", *needed);
  return out;
}

void decide(const JudgeOptions& options, TaskVerdict& v) {
  const bool by_metric = v.p_worse_adjusted <= options.alpha && v.difference <= -v.margin;
  if (v.gold_floor && v.gold && v.gold->clusters >= 2) {
    const double upper = v.gold->mean + normal_quantile(1 - options.gold_alpha) * v.gold->standard_error;
    v.by_gold = upper < -(*v.gold_floor + options.gold_margin);
  }
  if (by_metric || v.by_gold) {
    v.outcome = StageOutcome::kRegression;
    v.reason = by_metric ? fmt::format("a loss beyond the margin: {}, one-sided p {:.2g}", figures(v, options),
                                       v.p_worse_adjusted)
                         : "";
    if (v.by_gold)
      v.reason += fmt::format(
          "{}gold log-probability {:+.4f} +- {:.4f} nats an item, beyond the rounding floor of {:.4f} and "
          "a margin of {:.4f}",
          by_metric ? "; " : "", v.gold->mean, v.gold->standard_error, *v.gold_floor, options.gold_margin);
  } else if (v.clusters >= 2 && v.p_non_inferior <= options.alpha) {
    v.outcome = StageOutcome::kPass;
    v.reason = fmt::format(
        "{}: {}",
        v.p_worse_adjusted <= options.alpha ? "a significant loss, but inside the margin" : "no loss beyond the margin",
        figures(v, options));
  } else {
    v.outcome = StageOutcome::kInconclusive;
    v.reason = inconclusive_reason(v, options);
  }
}

}  // namespace

std::string metric_kind_name(MetricKind kind) {
  static constexpr const char* kNames[] = {"binary", "real", "perplexity", "bits"};
  return kNames[static_cast<int>(kind)];
}

std::vector<TaskVerdict> judge_tasks(std::span<const TaskPairs> rows, const JudgeOptions& options) {
  std::vector<TaskVerdict> out;
  std::vector<double> p;
  for (const TaskPairs& pairs : rows) {
    out.push_back(measure(pairs, options));
    if (out.back().outcome != StageOutcome::kInvalid) p.push_back(out.back().p_worse);
  }
  const Adjusted adjusted = adjust_p_values(p, Correction::kHolm, options.alpha);
  size_t valid = 0;
  for (TaskVerdict& verdict : out) {
    if (verdict.outcome == StageOutcome::kInvalid) continue;
    verdict.p_worse_adjusted = adjusted.p[valid++];
    decide(options, verdict);
  }
  return out;
}

TaskVerdict judge_task(const TaskPairs& pairs, const JudgeOptions& options) {
  return judge_tasks({&pairs, 1}, options).front();
}

}  // namespace fp8bench
