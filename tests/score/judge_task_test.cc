// Verdicts on task rows: each of the four, over every kind of metric, and what must not move them.
#include "harness/score/judge_task.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "harness/io/error.h"
#include "harness/score/judge_json.h"
#include "harness/score/paired_interval.h"
#include "harness/score/pool_pairs.h"

namespace fp8bench {
namespace {

TaskPairs binary(int both, int worse, int better, int neither) {
  TaskPairs out;
  out.task = "a";
  const auto add = [&](int count, double ref, double cand) {
    for (int i = 0; i < count; ++i) out.reference.push_back(ref), out.candidate.push_back(cand);
  };
  add(both, 1, 1);
  add(worse, 1, 0);
  add(better, 0, 1);
  add(neither, 0, 0);
  return out;
}

TEST_CASE("right and wrong: pass, regression, inconclusive, as the gate of the main job decides") {
  const TaskVerdict pass = judge_task(binary(1669, 31, 27, 373));
  CHECK(pass.outcome == StageOutcome::kPass);
  CHECK_THAT(pass.reason, Catch::Contains("no loss beyond the margin: -0.19 points (31 right->wrong"));
  CHECK(pass.reference == Approx(1700.0 / 2100));
  CHECK(pass.p_worse == mcnemar(31, 27).p_worse);
  CHECK(pass.interval95.low == tango_interval(pass.counts).low);
  REQUIRE(pass.recovery);
  CHECK(pass.recovery->ratio == Approx(1696.0 / 1700));
  CHECK(pass.recovery->log_error == Approx(std::sqrt(58.0 / (1700.0 * 1696.0))));

  const TaskVerdict lost = judge_task(binary(1615, 85, 41, 359));
  CHECK(lost.outcome == StageOutcome::kRegression);
  CHECK_THAT(lost.reason, Catch::Contains("a loss beyond the margin: -2.10 points"));
  const TaskVerdict inside = judge_task(binary(1660, 40, 15, 385));
  CHECK(inside.outcome == StageOutcome::kPass);
  CHECK_THAT(inside.reason, Catch::Contains("a significant loss, but inside the margin"));

  const TaskVerdict small = judge_task(binary(90, 3, 1, 26));
  CHECK(small.outcome == StageOutcome::kInconclusive);
  CHECK_THAT(small.reason, Catch::Contains("items would settle it"));
  CHECK(small.minimum_detectable > 0.02);
  // The gate of the main job and this one agree wherever both speak.
  for (int worse = 0; worse < 60; worse += 3) {
    const TaskPairs pairs = binary(500 - worse, worse, 7, 100);
    const GateResult gate = judge_paired(judge_task(pairs).counts, PairedMean{});
    CHECK(stage_outcome(gate.verdict) == judge_task(pairs).outcome);
  }
}

TEST_CASE("what cannot be judged is invalid and says why") {
  const auto reason = [](const TaskPairs& pairs) {
    const TaskVerdict verdict = judge_task(pairs);
    CHECK(verdict.outcome == StageOutcome::kInvalid);
    return verdict.reason;
  };
  CHECK(reason(TaskPairs{}) == "no items");
  TaskPairs pairs = binary(3, 1, 1, 3);
  pairs.candidate.pop_back();
  CHECK_THAT(reason(pairs), Catch::Contains("reference's 8, found 7"));
  pairs = binary(3, 1, 1, 3);
  pairs.candidate[5] = 0.5;
  CHECK_THAT(reason(pairs), Catch::Contains("item 5: expected acc to be 0 or 1, found 0.5"));
  pairs.candidate[5] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(reason(pairs), Catch::Contains("item 5: expected a finite acc"));
  pairs = binary(3, 1, 1, 3);
  pairs.weights.assign(8, 0);
  CHECK_THAT(reason(pairs), Catch::Contains("positive weight"));
  pairs.weights.clear();
  pairs.reference_gold.assign(8, -1);
  CHECK_THAT(reason(pairs), Catch::Contains("do not match"));
}

TEST_CASE("Holm over rows: a single alarm among many quiet tasks needs more proof") {
  TaskPairs alarm = binary(170, 12, 4, 14);  // -4 points, one-sided p .038
  CHECK(judge_task(alarm).outcome == StageOutcome::kRegression);
  std::vector<TaskPairs> rows(9, binary(160, 20, 20, 0));
  rows.push_back(alarm);
  rows.push_back(TaskPairs{});  // invalid: not in the family
  const auto verdicts = judge_tasks(rows);
  CHECK(verdicts[9].p_worse_adjusted == Approx(10 * verdicts[9].p_worse));
  CHECK(verdicts[9].outcome == StageOutcome::kInconclusive);
  CHECK(verdicts[10].outcome == StageOutcome::kInvalid);
  rows[9] = binary(150, 40, 4, 6);
  CHECK(judge_tasks(rows)[9].outcome == StageOutcome::kRegression);
}

TEST_CASE("perplexity: judged on the log-likelihood per word, by document") {
  TaskPairs pairs;
  pairs.kind = MetricKind::kPerplexity;
  pairs.metric = "word_perplexity";
  for (int i = 0; i < 40; ++i) {
    const double words = 100 + 7 * (i % 5);
    pairs.weights.push_back(words);
    pairs.reference.push_back(-3.5 * words - (i % 3));
    pairs.candidate.push_back(pairs.reference.back() - 0.002 * words * (1 + 0.1 * (i % 4)));
  }
  const TaskVerdict same = judge_task(pairs);
  CHECK(same.outcome == StageOutcome::kPass);
  CHECK(same.margin == Approx(std::log(1.02)));
  double ref = 0, cand = 0, words = 0;
  for (size_t i = 0; i < 40; ++i) ref += pairs.reference[i], cand += pairs.candidate[i], words += pairs.weights[i];
  CHECK(same.reference == Approx(std::exp(-ref / words)));
  CHECK(same.candidate == Approx(std::exp(-cand / words)));
  CHECK(same.difference == Approx((cand - ref) / words));
  CHECK_FALSE(same.recovery);
  for (size_t i = 0; i < 40; ++i) pairs.candidate[i] -= 0.05 * pairs.weights[i];
  CHECK(judge_task(pairs).outcome == StageOutcome::kRegression);
  pairs.kind = MetricKind::kBits;
  CHECK(judge_task(pairs).reference == Approx(-ref / words / std::log(2.0)));
  CHECK(judge_task(pairs).difference == Approx((cand - ref) / words - 0.05));
  for (auto* list : {&pairs.reference, &pairs.candidate, &pairs.weights}) list->resize(1);
  const TaskVerdict one = judge_task(pairs);
  CHECK(one.outcome == StageOutcome::kInconclusive);
  CHECK_THAT(one.reason, Catch::Contains("one document"));
  CHECK(task_verdict_json(one)["interval95"][0].is_null());
}

TEST_CASE("real metrics: Student's t, and lower may be better") {
  TaskPairs pairs;
  pairs.kind = MetricKind::kReal;
  for (int i = 0; i < 200; ++i) {
    pairs.reference.push_back(0.5 + 0.001 * (i % 100));
    pairs.candidate.push_back(pairs.reference.back() - 0.05 + 0.01 * (i % 3));
  }
  const TaskVerdict lost = judge_task(pairs);
  CHECK(lost.outcome == StageOutcome::kRegression);
  pairs.higher_is_better = false;
  const TaskVerdict gained = judge_task(pairs);
  CHECK(gained.outcome == StageOutcome::kPass);
  CHECK(gained.difference == Approx(-lost.difference));
  CHECK_FALSE(gained.recovery);
  // Identical scores of 20 items do not prove that nothing is lost.
  pairs.reference.resize(20);
  pairs.candidate = pairs.reference;
  CHECK(judge_task(pairs).outcome == StageOutcome::kInconclusive);
  CHECK(judge_task(pairs).interval95.low == tango_interval({20, 0, 0, 0}).low);
}

TEST_CASE("items that share a document are not independent: the interval widens, and the bootstrap agrees") {
  TaskPairs pairs = binary(0, 0, 0, 0);
  for (int document = 0; document < 40; ++document) {
    const bool lost = document % 10 == 0;  // all ten questions of such a document are lost together
    for (int i = 0; i < 10; ++i) {
      pairs.reference.push_back(1);
      pairs.candidate.push_back(lost ? 0 : 1);
      pairs.clusters.push_back(document);
    }
  }
  const TaskVerdict clustered = judge_task(pairs);
  CHECK(clustered.clusters == 40);
  REQUIRE(clustered.bootstrap95);
  CHECK(clustered.bootstrap95->low == Approx(clustered.interval95.low).margin(0.03));
  pairs.clusters.clear();
  const TaskVerdict naive = judge_task(pairs);
  CHECK_FALSE(naive.bootstrap95);
  CHECK(clustered.standard_error > 2.5 * naive.standard_error);
  CHECK(clustered.p_worse > 1e6 * naive.p_worse);
}

TEST_CASE("beside the accuracy: gold log-probability, answers changed, lengths, decision margins, the floor") {
  TaskPairs pairs = binary(300, 20, 18, 62);
  for (size_t i = 0; i < pairs.reference.size(); ++i) {
    const double margin = (pairs.reference[i] != 0 ? 1 : -1) * (0.05 + 0.01 * static_cast<double>(i % 37));
    pairs.reference_margin.push_back(margin);
    pairs.candidate_margin.push_back(0.8 * margin * (pairs.reference[i] == pairs.candidate[i] ? 1 : -1));
    pairs.reference_gold.push_back(-1);
    pairs.candidate_gold.push_back(-1 - 0.1 - 0.02 * static_cast<double>(i % 3));
    pairs.reference_picked.push_back(0);
    pairs.candidate_picked.push_back(i % 20 == 0);
    pairs.reference_length.push_back(100);
    pairs.candidate_length.push_back(i % 2 == 0 ? 110 : 106);
  }
  pairs.control = pairs.candidate;
  for (size_t i = 0; i < 30; ++i) pairs.control[13 * i] = 1 - pairs.control[13 * i];
  const TaskVerdict quiet = judge_task(pairs);
  CHECK(quiet.outcome == StageOutcome::kInconclusive);
  CHECK(quiet.answers_changed == 20);
  CHECK(quiet.length->ratio == Approx(1.08));
  REQUIRE(quiet.margins);
  CHECK(quiet.margins->slope < 0.8);
  CHECK(quiet.margins->bands.size() == 4);
  CHECK(quiet.gold->mean == Approx(-0.12).margin(0.001));
  CHECK(quiet.floor_counts->flips() == 30);
  CHECK(*quiet.floor_difference == Approx(quiet.floor_counts->difference()));
  CHECK_FALSE(quiet.gold_floor);  // no rule without a floor, whatever the loss
  pairs.control_gold = pairs.candidate_gold;
  const TaskVerdict loud = judge_task(pairs);
  CHECK(loud.outcome == StageOutcome::kRegression);
  CHECK(loud.by_gold);
  CHECK_THAT(loud.reason, Catch::Matchers::Contains("beyond the rounding floor"));
  for (double& gold : pairs.control_gold) gold += 0.1;  // the rounding of FP8 explains it
  CHECK_FALSE(judge_task(pairs).by_gold);
  CHECK(judge_task(pairs).gold_floor == Approx(0.1));
  pairs.control_gold.pop_back();
  CHECK(judge_task(pairs).outcome == StageOutcome::kInvalid);
  const auto json = task_verdict_json(quiet);
  for (const char* key : {"pairs", "mcnemar", "gold_logprob", "recovery", "decision_margins", "output_length_ratio",
                          "answers_changed", "floor_pairs", "floor_difference"})
    CHECK(json.contains(key));
}

TEST_CASE("decision margins: slope, bands and the log-odds of a flip are found") {
  std::vector<double> reference, candidate;
  for (int i = 0; i < 400; ++i) {
    const double margin = (i % 2 == 0 ? 1 : -1) * (0.02 + 0.01 * (i % 97));
    const bool flips = i % 9 == 0 && std::fabs(margin) < 0.4;
    reference.push_back(margin);
    candidate.push_back(flips ? -0.1 * margin : 0.7 * margin);
  }
  const auto found = margin_slope(reference, candidate);
  REQUIRE(found);
  CHECK(found->slope == Approx(0.7).margin(0.05));
  CHECK(found->error > 0);
  CHECK(found->bands[0].flips > 5);
  CHECK(found->bands[3].flips == 0);
  CHECK(found->bands[0].items + found->bands[1].items + found->bands[2].items + found->bands[3].items == 400);
  REQUIRE(found->flip_slope);
  CHECK(*found->flip_slope < -3 * found->flip_slope_error);
  CHECK_FALSE(margin_slope(std::vector<double>(7, 1.0), std::vector<double>(7, 1.0)));
  CHECK_FALSE(margin_slope(std::vector<double>(9, 1.0), std::vector<double>(9, 1.0)));
  CHECK_FALSE(margin_slope(reference, reference)->flip_slope);
  CHECK_THROWS_AS(margin_slope(reference, std::vector<double>(3, 1.0)), CheckError);
}

TEST_CASE("pooled tasks: items add up, clusters stay apart, what only some have is left out") {
  std::vector<TaskPairs> tasks = {binary(10, 2, 1, 3), binary(20, 0, 2, 1)};
  tasks[0].task = "mmlu_anatomy";
  tasks[0].reference_gold.assign(16, -1);
  tasks[0].candidate_gold.assign(16, -1);
  for (TaskPairs& task : tasks)
    for (size_t i = 0; i < task.reference.size(); ++i) task.clusters.push_back(static_cast<int64_t>(i % 3));
  const TaskPairs pooled = pool_pairs(tasks, "mmlu");
  const TaskVerdict verdict = judge_task(pooled);
  CHECK(verdict.task == "mmlu");
  CHECK(verdict.items == 39);
  CHECK(verdict.clusters == 6);
  CHECK(verdict.counts.right_to_wrong == 2);
  CHECK(verdict.counts.wrong_to_right == 3);
  CHECK_FALSE(verdict.gold);
  tasks[1].metric = "acc_norm";
  CHECK_THROWS_WITH(pool_pairs(tasks, "mmlu"), Catch::Contains("expected acc,none of binary as in mmlu_anatomy"));
}

}  // namespace
}  // namespace fp8bench
