#include "harness/score/verdict.h"

#include <catch2/catch.hpp>

#include "harness/score/floor.h"

namespace fp8bench {
namespace {

using enum StageOutcome;

TEST_CASE("the worst gating stage decides, and the line says why") {
  const auto exit_of = [](std::vector<StageVerdict> stages) { return combine_verdicts(stages).exit; };
  CHECK(exit_of({{"a", kPass, "", true}, {"b", kPass, "", true}}) == kExitPass);
  CHECK(exit_of({{"a", kPass, "", true}, {"b", kInconclusive, "", true}}) == kExitInconclusive);
  CHECK(exit_of({{"a", kInconclusive, "", true}, {"b", kRegression, "", true}}) == kExitRegression);
  CHECK(exit_of({{"a", kInvalid, "", true}, {"b", kRegression, "", true}}) == kExitInvalid);
  CHECK(exit_of({{"a", kPass, "", true}, {"b", kRegression, "", false}}) == kExitPass);
  CHECK(exit_of({{"a", kPass, "", true}, {"b", kNotRun, "", true}}) == kExitPass);
  CHECK(exit_of({{"a", kNotRun, "", true}}) == kExitInconclusive);
  CHECK(exit_of({}) == kExitInconclusive);
}

TEST_CASE("the line names the reason, what did not run, and who saw it") {
  const std::vector<StageVerdict> stages = {{"derivation", kInvalid, "tensor x is unexplained", true},
                                            {"kernels", kPass, "", true},
                                            {"router", kRegression, "agreement fell", false},
                                            {"tasks", kNotRun, "refused", true}};
  const Verdict v = combine_verdicts(stages);
  CHECK(v.line == "INVALID - derivation: tensor x is unexplained (not run: tasks)");
  CHECK(v.detected_by == std::vector<std::string>{"derivation", "router"});
  CHECK(combine_verdicts({}).line == "INCONCLUSIVE - no stage that decides was run");
}

TEST_CASE("outcome names and paired verdicts") {
  CHECK(stage_outcome_name(kNotRun) == "not run");
  CHECK(stage_outcome_name(kPass) == "pass");
  CHECK(stage_outcome_name(kInconclusive) == "inconclusive");
  CHECK(stage_outcome_name(kRegression) == "regression");
  CHECK(stage_outcome_name(kInvalid) == "invalid");
  CHECK(stage_outcome(PairedVerdict::kPass) == kPass);
  CHECK(stage_outcome(PairedVerdict::kRegression) == kRegression);
  CHECK(stage_outcome(PairedVerdict::kInconclusive) == kInconclusive);
}

TEST_CASE("the rounding floor: mean, spread and the largest effect of the draws") {
  std::vector<FloorDraw> draws(3);
  for (size_t i = 0; i < 3; ++i) {
    draws[i].seed = i + 1;
    draws[i].kld_mean = 0.001 * (1 + static_cast<double>(i));
    draws[i].same_top = 0.97;
    draws[i].has_tasks = i < 2;
    draws[i].flips = {90, 3 + static_cast<int64_t>(i), 2, 5};
    draws[i].gold_mean = i == 0 ? 0.002 : -0.005;
  }
  const RoundingFloor floor = combine_floor(draws);
  CHECK(floor.draws == 3);
  CHECK(floor.task_draws == 2);
  CHECK(floor.kld_mean.mean == Approx(0.002));
  CHECK(floor.kld_mean.sd == Approx(0.001));
  CHECK(floor.kld_mean.min == 0.001);
  CHECK(floor.kld_mean.max == 0.003);
  CHECK(floor.same_top.sd == Approx(0).margin(1e-15));
  CHECK(floor.right_to_wrong.mean == 3.5);
  CHECK(floor.flips.max == 6);
  CHECK(floor.gold_effect == 0.005);
  CHECK(combine_floor({}).draws == 0);
  CHECK(spread(std::vector<double>{4}).sd == 0);
}

}  // namespace
}  // namespace fp8bench
