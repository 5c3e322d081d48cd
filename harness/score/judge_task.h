// The verdict on a task row: the same items under two checkpoints, one metric, one pre-registered margin; over several
// rows Holm's correction. Whatever produced the scores (our engine, the real lm-eval) fills TaskPairs.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/score/bootstrap.h"
#include "harness/score/margin_slope.h"
#include "harness/score/paired.h"
#include "harness/score/paired_ratio.h"
#include "harness/score/verdict.h"

namespace fp8bench {

enum class MetricKind {
  kBinary,      // 0 or 1 an item
  kReal,        // a number an item; the metric is their mean, or with weights sum / sum of weights
  kPerplexity,  // log-likelihood of an item in nats, weights its words, bytes or tokens; exp(-sum / sum of weights)
  kBits         // the same, shown as bits: -sum / sum of weights / ln 2
};
std::string metric_kind_name(MetricKind kind);  // "binary", "real", "perplexity", "bits"

struct TaskPairs {
  std::string task, metric = "acc", filter = "none";
  MetricKind kind = MetricKind::kBinary;
  bool higher_is_better = true;              // of a real metric
  std::vector<double> reference, candidate;  // (n)
  std::vector<double> weights;               // (n) > 0, or empty: 1 each
  std::vector<int64_t> clusters;             // (n) label of the document or subject, or empty: independent items
  // Each (n) for both sides, or empty for both.
  std::vector<double> reference_gold, candidate_gold;       // ln p of the right answer, nats
  std::vector<double> reference_margin, candidate_margin;   // ln p of the right answer - of the best wrong one, nats
  std::vector<int64_t> reference_picked, candidate_picked;  // index of the chosen answer
  std::vector<double> reference_length, candidate_length;   // of the generated text, one unit for both
  // The rounding floor: what another correct run of the candidate made of the same items (its activations nudged by an
  // ulp, or another engine's), each (n) or empty. Control of the flips, and floor of the gold rule.
  std::vector<double> control, control_gold;
};

struct JudgeOptions {
  double margin = 0.02;  // largest loss that passes, in (0, 1): a difference of the metric; of a perplexity its
                         // relative rise, so that its log-likelihood may fall by ln(1 + margin) per unit of weight
  double alpha = 0.05;   // one-sided
  double power = 0.8;    // for the minimum detectable effect
  // The gold-log-probability rule of paired.h: applied to rows whose rounding floor was measured (control_gold).
  double gold_alpha = 0.001, gold_margin = 0.05;
  BootstrapOptions bootstrap;  // where items share clusters
};

// How it is decided (outcome):
//   invalid       no items, lists of different lengths, a number that is not finite, a binary metric with another value
//   regression    the loss is significant (p_worse adjusted by Holm <= alpha) and at least the margin; or, where the
//                rounding floor is known, ln p of the right answers falls beyond it and gold_margin
//   pass          non-inferior: p_non_inferior <= alpha, i.e. the lower end of decision_interval lies above -margin
//   inconclusive  neither
// p_worse: exact McNemar for independent right/wrong items, else Student's t on cluster-robust errors. Non-inferiority:
// Tango's score test, else the same t. "All rows pass" is an intersection of claims and needs no correction.
struct TaskVerdict {
  std::string task, metric, filter;
  MetricKind kind = MetricKind::kBinary;
  int64_t items = 0, clusters = 0;       // clusters == items: independent
  double reference = 0, candidate = 0;   // the metric, as its harness reports it
  double difference = 0;                 // > 0 is a gain: of the metric; of a perplexity in nats per unit of weight
  double margin = 0;                     // on the scale of difference
  double standard_error = 0;             // of difference
  Bounds interval95, decision_interval;  // two-sided 95 %, and 1 - 2 alpha
  std::optional<Bounds> bootstrap95;     // clusters drawn with replacement; none for independent items
  double p_worse = 1, p_worse_adjusted = 1, p_two_sided = 1, p_non_inferior = 1;
  double minimum_detectable = 0;  // on the scale of difference, at alpha and power
  PairedCounts counts;            // binary only
  McNemar test;
  std::optional<PairedMean> gold;
  std::optional<PairedRatio> recovery;  // candidate / reference, of a metric where more is better
  std::optional<MarginSlope> margins;
  std::optional<PairedRatio> length;
  std::optional<int64_t> answers_changed;
  std::optional<PairedCounts> floor_counts;  // candidate against its control; binary only
  std::optional<double> floor_difference;    // control - candidate, as `difference` is candidate - reference
  std::optional<double> gold_floor;          // |mean change of ln p of the right answer, control - candidate|, nats
  bool by_gold = false;
  StageOutcome outcome = StageOutcome::kInvalid;
  std::string reason;  // one line
};

TaskVerdict judge_task(const TaskPairs& pairs, const JudgeOptions& options = {});
// Several rows as one family: Holm over p_worse of the valid ones.
std::vector<TaskVerdict> judge_tasks(std::span<const TaskPairs> rows, const JudgeOptions& options = {});

}  // namespace fp8bench
