// The gate's decisions: every verdict, by each rule, and what must not trigger one. Counts of the size that
// the bundled checkpoint's 2100 items give.
#include <catch2/catch.hpp>

#include "harness/score/bootstrap.h"
#include "harness/score/paired.h"

namespace fp8bench {
namespace {

PairedCounts of_2100(int64_t worse, int64_t better) { return {1700 - worse, worse, better, 400 - better}; }

PairedMean gold(double mean, double error) {
  PairedMean out;
  out.items = out.clusters = 2100;
  out.mean = mean;
  out.standard_error = error;
  return out;
}

TEST_CASE("the healthy checkpoint passes, and so does one against itself") {
  const GateResult healthy = judge_paired(of_2100(31, 27), gold(-0.002, 0.0025));
  CHECK(healthy.verdict == PairedVerdict::kPass);
  CHECK_THAT(healthy.reason, Catch::Contains("no loss beyond the margin"));
  CHECK(healthy.decision_interval.low > -0.02);
  CHECK(healthy.interval95.low < healthy.decision_interval.low);
  CHECK(judge_paired(of_2100(0, 0), gold(0, 0)).verdict == PairedVerdict::kPass);
}

TEST_CASE("a loss beyond the margin that is significant is a regression") {
  const GateResult r = judge_paired(of_2100(85, 41), gold(0, 0.01));
  CHECK(r.verdict == PairedVerdict::kRegression);
  CHECK(r.by_accuracy);
  CHECK_FALSE(r.by_gold);
  CHECK_FALSE(r.beyond_margin_proven);
  CHECK_THAT(r.reason, Catch::Contains("-2.10 points") && Catch::Contains("85 right->wrong"));
  CHECK(judge_paired(of_2100(200, 20), gold(0, 0.01)).beyond_margin_proven);
}

TEST_CASE("a significant loss inside the margin passes and says so, with a tighter margin it is a regression") {
  const PairedCounts counts = of_2100(40, 15);  // -1.19 points, p = 5e-4
  const GateResult r = judge_paired(counts, gold(0, 0.01));
  CHECK(r.verdict == PairedVerdict::kPass);
  CHECK_THAT(r.reason, Catch::Contains("significant loss, but inside the margin"));
  GateOptions tight;
  tight.margin = 0.01;
  CHECK(judge_paired(counts, gold(0, 0.01), tight).verdict == PairedVerdict::kRegression);
}

TEST_CASE("too few items are inconclusive, in both directions") {
  CHECK(judge_paired(PairedCounts{}, PairedMean{}).verdict == PairedVerdict::kInconclusive);
  // No flip among 20 items proves nothing at a margin of 2 points.
  CHECK(judge_paired({15, 0, 0, 5}, gold(0, 0)).verdict == PairedVerdict::kInconclusive);
  // Nor do 3 of 100 lost: beyond the margin, not significant.
  const GateResult r = judge_paired({80, 3, 0, 17}, gold(0, 0.1));
  CHECK(r.verdict == PairedVerdict::kInconclusive);
  CHECK_THAT(r.reason, Catch::Contains("the data cannot tell") && Catch::Contains("80 % of the time"));
  CHECK(judge_paired({140, 0, 0, 10}, gold(0, 0)).verdict == PairedVerdict::kPass);
}

TEST_CASE("a gold log-probability drop beyond the rounding floor proves a regression that accuracy cannot see") {
  GateOptions options;
  options.gold_floor = 0.004;
  const GateResult r = judge_paired(of_2100(69, 48), gold(-0.030, 0.005), options);
  CHECK(r.verdict == PairedVerdict::kRegression);
  CHECK(r.by_gold);
  CHECK_FALSE(r.by_accuracy);
  CHECK_THAT(r.reason, Catch::Contains("gold log-probability -0.0300") && Catch::Contains("floor of 0.0040"));
  // Upper limit at alpha .001: -0.030 + 3.09 * 0.005 = -0.0145. A floor of 0.02 explains it.
  options.gold_floor = 0.02;
  CHECK(judge_paired(of_2100(69, 48), gold(-0.030, 0.005), options).verdict == PairedVerdict::kPass);
  options.gold_floor = 0.004;
  options.gold_margin = 0.016;
  CHECK_FALSE(judge_paired(of_2100(69, 48), gold(-0.030, 0.005), options).by_gold);
  options.gold_margin = 0;
  options.gold_rule = false;
  CHECK(judge_paired(of_2100(69, 48), gold(-0.030, 0.005), options).verdict == PairedVerdict::kPass);
}

TEST_CASE("a gain never fails") {
  const GateResult r = judge_paired(of_2100(5, 100), gold(0.1, 0.001));
  CHECK(r.verdict == PairedVerdict::kPass);
  CHECK(r.test.p_better < 1e-9);
}

TEST_CASE("false alarms: equal checkpoints that differ by chance only are called regressed less often than alpha") {
  SplitMix64 random(5);
  int alarms = 0, passes = 0;
  const int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    int64_t worse = 0, better = 0;
    for (int i = 0; i < 300; ++i) {  // 8 % discordance, fair
      const uint64_t draw = random.below(100);
      worse += draw < 4;
      better += draw >= 96;
    }
    const GateResult r = judge_paired({200 - worse, worse, better, 100 - better}, PairedMean{});
    alarms += r.verdict == PairedVerdict::kRegression;
    passes += r.verdict == PairedVerdict::kPass;
  }
  CHECK(alarms <= 0.05 * trials);
  CHECK(passes > 0);
}

TEST_CASE("from item scores: counts, gold test and clusters together") {
  std::vector<ItemScore> ref, cand;
  std::vector<int64_t> clusters;
  for (int i = 0; i < 400; ++i) {
    ref.push_back({i % 4 != 0, -1.0, 0});
    cand.push_back({i % 4 != 0 && i % 10 != 1, -1.0 - (i % 3) * 0.1, 0});
    clusters.push_back(i / 4);
  }
  const GateResult r = judge_paired(ref, cand, {}, clusters);
  CHECK(r.verdict == PairedVerdict::kRegression);
  CHECK(r.by_accuracy);
  CHECK(r.by_gold);
  CHECK(r.gold.clusters == 100);
  CHECK(r.counts.right_to_wrong == 40);
  CHECK(paired_verdict_name(r.verdict) == "regression");
  CHECK(paired_verdict_name(PairedVerdict::kPass) == "pass");
  CHECK(paired_verdict_name(PairedVerdict::kInconclusive) == "inconclusive");
}

}  // namespace
}  // namespace fp8bench
