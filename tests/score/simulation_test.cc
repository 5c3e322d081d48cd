// Do the tests keep their promises? False alarms where nothing is lost, false passes where the margin is lost, power
// where something is, coverage of the intervals: each in 2,000 seeded simulations, each rate held against its nominal
// value by three standard errors of the simulation.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "harness/score/beta.h"
#include "harness/score/judge_task.h"
#include "harness/score/location_tests.h"
#include "harness/score/minimum_effect.h"
#include "harness/score/multiple_testing.h"
#include "harness/score/non_inferiority.h"
#include "harness/score/normal.h"
#include "harness/score/paired_interval.h"
#include "harness/score/proportion_interval.h"

namespace fp8bench {
namespace {

constexpr int kTrials = 2000;

double at_most(double alpha) { return alpha + 3 * std::sqrt(alpha * (1 - alpha) / kTrials); }

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  double uniform() { return static_cast<double>(random_.next() >> 11) * 0x1p-53; }
  double normal() { return normal_quantile((static_cast<double>(random_.next() >> 12) + 0.5) * 0x1p-52); }
  // n items of which a share of `discordance` flips; `effect` more get worse than better, 70 % are right before.
  PairedCounts counts(int64_t n, double discordance, double effect) {
    PairedCounts out;
    for (int64_t i = 0; i < n; ++i) {
      const double u = uniform();
      if (u < (discordance + effect) / 2)
        ++out.right_to_wrong;
      else if (u < discordance)
        ++out.wrong_to_right;
      else
        ++(u < discordance + 0.7 * (1 - discordance) ? out.both_right : out.both_wrong);
    }
    return out;
  }

 private:
  SplitMix64 random_;
};

TaskPairs pairs_of(const PairedCounts& counts) {
  TaskPairs out;
  const auto add = [&](int64_t count, double ref, double cand) {
    out.reference.insert(out.reference.end(), static_cast<size_t>(count), ref);
    out.candidate.insert(out.candidate.end(), static_cast<size_t>(count), cand);
  };
  add(counts.both_right, 1, 1);
  add(counts.right_to_wrong, 1, 0);
  add(counts.wrong_to_right, 0, 1);
  add(counts.both_wrong, 0, 0);
  return out;
}

// How often each of a list of events happened.
template <class Trial>
std::vector<double> rates(uint64_t seed, size_t events, Trial trial) {
  Dice dice(seed);
  std::vector<double> out(events, 0);
  for (int i = 0; i < kTrials; ++i) {
    const std::vector<bool> happened = trial(dice);
    REQUIRE(happened.size() == events);
    for (size_t e = 0; e < events; ++e) out[e] += happened[e] ? 1.0 / kTrials : 0;
  }
  return out;
}

TEST_CASE("simulated: no test of right and wrong raises more false alarms than alpha") {
  const auto found = rates(1, 5, [](Dice& dice) {
    const PairedCounts counts = dice.counts(400, 0.08, 0);
    const McNemar test = mcnemar(counts.right_to_wrong, counts.wrong_to_right);
    const TaskVerdict verdict = judge_task(pairs_of(counts));
    return std::vector<bool>{test.p_worse <= 0.05, test.mid_p_worse <= 0.05, test.p_two_sided <= 0.05,
                             test.mid_p_two_sided <= 0.05, verdict.outcome == StageOutcome::kRegression};
  });
  for (const double rate : found) CHECK(rate <= at_most(0.05));
  CHECK(found[1] > found[0]);   // mid-p spends more of alpha,
  CHECK(found[1] > 0.03);       // and nearly all of it
  CHECK(found[4] <= found[0]);  // a regression needs size besides significance
}

TEST_CASE("simulated: a candidate that lost exactly the margin passes at most as often as alpha says") {
  const auto found = rates(2, 4, [](Dice& dice) {
    const PairedCounts counts = dice.counts(1200, 0.06, 0.02);
    const NonInferiority test = non_inferiority(counts, 0.02);
    return std::vector<bool>{test.score.p <= 0.05, test.wald->p <= 0.05, test.student->p <= 0.05,
                             judge_task(pairs_of(counts)).outcome == StageOutcome::kPass};
  });
  CHECK(found[0] <= at_most(0.05));
  CHECK(found[1] <= at_most(0.05));
  CHECK(found[2] <= at_most(0.05));
  CHECK(found[3] <= at_most(0.05));
  CHECK(found[3] > 0.02);
  const auto exact = rates(3, 1, [](Dice& dice) {  // few items, where the others only approximate
    static std::map<std::pair<int64_t, int64_t>, double> known;
    const PairedCounts counts = dice.counts(20, 0.3, 0.15);
    const auto [place, is_new] = known.try_emplace({counts.right_to_wrong, counts.wrong_to_right}, 0);
    if (is_new) place->second = exact_non_inferiority(counts, 0.15, 101).p;
    return std::vector<bool>{place->second <= 0.05};
  });
  CHECK(exact[0] <= at_most(0.05));
}

TEST_CASE("simulated: Holm holds five tasks together at alpha, raw p-values do not") {
  const auto found = rates(4, 2, [](Dice& dice) {
    std::vector<TaskPairs> tasks;
    bool raw = false, held = false;
    JudgeOptions options;
    options.margin = 1e-6;  // size decides nothing here
    for (int t = 0; t < 5; ++t) tasks.push_back(pairs_of(dice.counts(300, 0.2, 0)));
    for (const TaskVerdict& v : judge_tasks(tasks, options)) {
      raw = raw || v.p_worse <= 0.05;
      held = held || v.outcome == StageOutcome::kRegression;
    }
    return std::vector<bool>{raw, held};
  });
  CHECK(found[0] > 0.12);
  CHECK(found[1] <= at_most(0.05));
}

TEST_CASE("simulated: tests of means, of medians, of perplexity and of gold log-probability") {
  const auto found = rates(5, 6, [](Dice& dice) {
    std::vector<double> d;
    TaskPairs text;
    text.kind = MetricKind::kPerplexity;
    for (int i = 0; i < 30; ++i) {
      d.push_back(dice.normal());
      text.weights.push_back(50 + std::floor(100 * dice.uniform()));
      text.reference.push_back(-3 * text.weights.back());
      text.candidate.push_back(text.reference.back() + text.weights.back() * 0.03 * d.back());
    }
    JudgeOptions options;
    options.margin = 1e-6;
    const WilcoxonTest exact = wilcoxon_test(d, {false, true, false}), normal = wilcoxon_test(d, {});
    return std::vector<bool>{student_test(d).p_less <= 0.05,
                             student_test(d).p_two_sided <= 0.05,
                             exact.p_two_sided <= 0.05,
                             normal.p_less <= 0.05,
                             judge_task(text, options).p_worse <= 0.05,
                             judge_task(text, options).outcome == StageOutcome::kRegression};
  });
  for (const double rate : found) CHECK(rate <= at_most(0.05));
  for (const double rate : found) CHECK(rate > 0.03);
  const auto gold = rates(6, 2, [](Dice& dice) {  // where FP8 shifts every item by what the floor explains
    TaskPairs pairs = pairs_of({100, 3, 3, 44});
    for (int i = 0; i < 150; ++i) {
      pairs.reference_gold.push_back(-1);
      pairs.candidate_gold.push_back(-1.05 + 0.2 * dice.normal());
      pairs.control_gold.push_back(pairs.candidate_gold.back() + 0.05);
    }
    JudgeOptions options;
    options.gold_margin = 0;
    const TaskVerdict v = judge_task(pairs, options);
    return std::vector<bool>{v.by_gold, v.gold->mean < -0.05};
  });
  CHECK(gold[0] <= at_most(0.001));
  CHECK(gold[1] > 0.4);
}

TEST_CASE("simulated: with documents that share their luck, only the clustered test keeps its promise") {
  const auto found = rates(7, 3, [](Dice& dice) {
    TaskPairs pairs;
    for (int document = 0; document < 40; ++document) {
      const double luck = dice.uniform();
      for (int i = 0; i < 8; ++i) {  // all items of an unlucky document flip the same way
        const bool ref = dice.uniform() < 0.6;
        const bool cand = luck < 0.1 ? false : luck > 0.9 ? true : ref;
        pairs.reference.push_back(ref);
        pairs.candidate.push_back(cand);
        pairs.clusters.push_back(document);
      }
    }
    // In the mean 0.1 * 0.6 is lost and 0.1 * 0.4 won: test around that.
    for (size_t i = 0; i < pairs.candidate.size(); ++i) pairs.candidate[i] += 0.02;
    pairs.kind = MetricKind::kReal;
    const TaskVerdict clustered = judge_task(pairs);
    pairs.clusters.clear();
    const TaskVerdict naive = judge_task(pairs);
    const bool covered = clustered.interval95.low <= 0 && 0 <= clustered.interval95.high;
    return std::vector<bool>{clustered.p_two_sided <= 0.05, naive.p_two_sided <= 0.05, covered};
  });
  CHECK(found[0] <= at_most(0.05));
  CHECK(found[1] > 0.2);
  CHECK(found[2] >= 1 - at_most(0.05));
}

TEST_CASE("simulated: power within three points of the formulas") {
  const double d = 0.06, effect = *connor_effect(900, d);
  const auto found = rates(8, 2, [&](Dice& dice) {
    const PairedCounts counts = dice.counts(900, d, effect);
    const double gap = static_cast<double>(counts.right_to_wrong - counts.wrong_to_right);
    const double z = gap / std::sqrt(static_cast<double>(std::max<int64_t>(counts.flips(), 1)));
    const McNemar exact = mcnemar(counts.right_to_wrong, counts.wrong_to_right);
    return std::vector<bool>{z > normal_quantile(0.95), exact.p_worse <= 0.05};
  });
  CHECK(found[0] == Approx(0.8).margin(0.03));
  CHECK(found[1] == Approx(exact_mcnemar_power(900, d, effect)).margin(0.03));

  // items_to_find answers the same question backwards.
  CHECK(*items_to_find(effect, d) == Approx(900).margin(1));
  const int64_t needed = *items_to_rule_out(0.015, 0.04);
  const auto passes = rates(9, 1, [&](Dice& dice) {
    JudgeOptions options;
    options.margin = 0.015;
    return std::vector<bool>{judge_task(pairs_of(dice.counts(needed, 0.04, 0)), options).outcome ==
                             StageOutcome::kPass};
  });
  CHECK(passes[0] == Approx(0.8).margin(0.03));
  CHECK(ruled_out_margin(needed, 0.04) == Approx(0.015).epsilon(1e-3));
}

TEST_CASE("simulated: intervals cover the truth as often as they say") {
  const auto found = rates(10, 6, [](Dice& dice) {
    const PairedCounts counts = dice.counts(500, 0.06, 0.02);
    const auto holds = [](const Bounds& b, double truth) { return b.low <= truth && truth <= b.high; };
    const int64_t right = counts.both_right + counts.right_to_wrong;
    const double p = 0.04 + 0.7 * 0.94;
    const TaskVerdict v = judge_task(pairs_of(counts));
    return std::vector<bool>{holds(v.interval95, -0.02),
                             holds(newcombe_interval(counts).interval, -0.02),
                             holds(wilson_interval(right, 500), p),
                             holds(clopper_pearson_interval(right, 500), p),
                             holds(jeffreys_interval(right, 500), p),
                             holds(v.recovery->interval, (p - 0.02) / p)};
  });
  for (const double rate : found) CHECK(rate >= 1 - at_most(0.05));
  for (const double rate : found) CHECK(rate <= 0.98);
}

}  // namespace
}  // namespace fp8bench
