#include "harness/score/judge_json.h"

#include <cmath>

namespace fp8bench {
namespace {

using nlohmann::json;

json number(double x) { return std::isfinite(x) ? json(x) : json(nullptr); }
json interval(const Bounds& bounds) { return {number(bounds.low), number(bounds.high)}; }
json counts_json(const PairedCounts& counts) {
  return {{"both_right", counts.both_right},
          {"right_to_wrong", counts.right_to_wrong},
          {"wrong_to_right", counts.wrong_to_right},
          {"both_wrong", counts.both_wrong}};
}

json ratio_json(const std::optional<PairedRatio>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", ratio->ratio}, {"interval95", interval(ratio->interval)}};
}

json margins_json(const MarginSlope& margins) {
  json bands = json::array();
  for (const MarginBand& band : margins.bands)
    bands.push_back({{"low", band.low}, {"high", band.high}, {"items", band.items}, {"flips", band.flips}});
  json out = {{"slope", margins.slope}, {"error", margins.error}, {"intercept", margins.intercept}, {"bands", bands}};
  if (margins.flip_slope) out["flip_log_odds_per_nat"] = {*margins.flip_slope, margins.flip_slope_error};
  return out;
}

}  // namespace

json task_verdict_json(const TaskVerdict& v) {
  json out = {{"task", v.task},     {"metric", v.metric},
              {"filter", v.filter}, {"kind", metric_kind_name(v.kind)},
              {"items", v.items},   {"verdict", stage_outcome_name(v.outcome)},
              {"reason", v.reason}};
  if (v.outcome == StageOutcome::kInvalid) return out;
  out["clusters"] = v.clusters;
  out["reference"] = number(v.reference);
  out["candidate"] = number(v.candidate);
  out["difference"] = number(v.difference);
  out["margin"] = v.margin;
  out["standard_error"] = number(v.standard_error);
  out["interval95"] = interval(v.interval95);
  out["decision_interval"] = interval(v.decision_interval);
  out["p_worse"] = v.p_worse;
  out["p_worse_holm"] = v.p_worse_adjusted;
  out["p_two_sided"] = v.p_two_sided;
  out["p_non_inferior"] = v.p_non_inferior;
  out["minimum_detectable"] = number(v.minimum_detectable);
  if (v.bootstrap95) out["cluster_bootstrap95"] = interval(*v.bootstrap95);
  if (v.kind == MetricKind::kBinary) {
    out["pairs"] = counts_json(v.counts);
    out["mcnemar"] = {{"p_worse", v.test.p_worse},
                      {"p_two_sided", v.test.p_two_sided},
                      {"mid_p_worse", v.test.mid_p_worse},
                      {"mid_p_two_sided", v.test.mid_p_two_sided},
                      {"log10_p_worse", v.test.log10_p_worse}};
  }
  if (v.gold)
    out["gold_logprob"] = {{"mean", v.gold->mean},
                           {"standard_error", v.gold->standard_error},
                           {"z", v.gold->z},
                           {"p_worse", v.gold->p_worse}};
  out["recovery"] = ratio_json(v.recovery);
  if (v.margins) out["decision_margins"] = margins_json(*v.margins);
  if (v.length) out["output_length_ratio"] = ratio_json(v.length);
  if (v.answers_changed) out["answers_changed"] = *v.answers_changed;
  if (v.floor_counts) out["floor_pairs"] = counts_json(*v.floor_counts);
  if (v.floor_difference) out["floor_difference"] = number(*v.floor_difference);
  if (v.gold_floor) out["floor_gold_logprob"] = number(*v.gold_floor);
  if (v.gold_floor) out["by_gold"] = v.by_gold;
  return out;
}

json task_verdicts_json(std::span<const TaskVerdict> rows) {
  json out = json::array();
  for (const TaskVerdict& v : rows) out.push_back(task_verdict_json(v));
  return out;
}

}  // namespace fp8bench
