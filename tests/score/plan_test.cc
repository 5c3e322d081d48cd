// The plan and its hash: what was fixed before scoring cannot change unseen.
#include "harness/score/plan.h"

#include <catch2/catch.hpp>

#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/score/minimum_effect.h"

namespace fp8bench {
namespace {

EvaluationPlan small_plan() {
  EvaluationPlan plan;
  plan.margin = 0.005;
  plan.tasks = {{"arc_easy", "acc", "none", 2376}, {"gsm8k", "", "", -1}};
  return plan;
}

TEST_CASE("the hash is that of the canonical JSON, and every field moves it") {
  const EvaluationPlan plan = small_plan();
  CHECK(plan_hash(plan) == sha256_hex(plan_json(plan).dump()));
  CHECK(plan_hash(plan) == plan_hash(parse_plan(plan_json(plan), "x")));
  std::vector<EvaluationPlan> others(7, plan);
  others[0].margin = 0.0051;
  others[1].alpha = 0.01;
  others[2].power = 0.9;
  others[3].cluster = "subject";
  others[4].tasks.pop_back();
  others[5].tasks[0].items = 100;
  others[6].tasks[0].metric = "acc_norm";
  for (const EvaluationPlan& other : others) CHECK(plan_hash(other) != plan_hash(plan));
  CHECK(judge_options(plan).margin == 0.005);
}

TEST_CASE("a plan that cannot be meant is refused with the key") {
  const auto refused = [](auto change, const char* message) {
    EvaluationPlan plan = small_plan();
    change(plan);
    CHECK_THROWS_WITH(plan_hash(plan), Catch::Contains(message));
  };
  refused([](EvaluationPlan& p) { p.margin = 0; }, "margin");
  refused([](EvaluationPlan& p) { p.margin = 1; }, "margin");
  refused([](EvaluationPlan& p) { p.alpha = 0.5; }, "alpha");
  refused([](EvaluationPlan& p) { p.power = 1; }, "power");
  refused([](EvaluationPlan& p) { p.tasks[1].task = "arc_easy"; }, "arc_easy: named twice");
  nlohmann::json json = plan_json(small_plan());
  json["tasks"][1].erase("task");
  CHECK_THROWS_WITH(parse_plan(json, "plan.json"),
                    Catch::Contains("plan.json") && Catch::Contains("plan.tasks[1].task"));
  json["tasks"] = 3;
  CHECK_THROWS_WITH(parse_plan(json, "plan.json"), Catch::Contains("plan.tasks"));
}

TEST_CASE("sample sizes: by hand, and where no number of items would do") {
  // Margins small against the discordance: n = (1.645 + 0.842)^2 d / margin^2 to first order.
  CHECK(*items_to_find(0.005, 0.04) == Approx(6.1826 * 0.04 / 0.005 / 0.005).epsilon(0.01));
  CHECK(*items_to_rule_out(0.005, 0.04) == Approx(6.1826 * 0.04 / 0.005 / 0.005).epsilon(0.02));
  CHECK_FALSE(items_to_find(0.05, 0.04));
  CHECK_FALSE(items_to_find(0, 0.04));
  CHECK_FALSE(items_to_rule_out(0, 0.04));
  CHECK(*items_to_rule_out(0.05, 0.04) < 200);  // a margin above all flips can be ruled out, though never lost
  CHECK(rule_out_power(*items_to_rule_out(0.01, 0.05), 0.01, 0.05) >= 0.8);
  CHECK(rule_out_power(*items_to_rule_out(0.01, 0.05) - 1, 0.01, 0.05) < 0.8);
  CHECK_FALSE(connor_effect(50, 0.02));
  CHECK_FALSE(connor_effect(0, 0.02));
}

}  // namespace
}  // namespace fp8bench
