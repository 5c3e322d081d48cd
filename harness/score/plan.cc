#include "harness/score/plan.h"

#include <fmt/core.h>

#include <set>

#include "harness/io/error.h"
#include "harness/io/json_fields.h"
#include "harness/io/sha256.h"

namespace fp8bench {

void check_plan(const EvaluationPlan& plan) {
  const auto demand = [](bool fine, const char* name, const char* range, double found) {
    if (!fine) throw InputError(fmt::format("plan: {}: expected {}, found {}", name, range, found));
  };
  demand(plan.margin > 0 && plan.margin < 1, "margin", "a share between 0 and 1", plan.margin);
  demand(plan.alpha > 0 && plan.alpha < 0.5, "alpha", "a share between 0 and 0.5", plan.alpha);
  demand(plan.power > 0 && plan.power < 1, "power", "a share between 0 and 1", plan.power);
  std::set<std::string> names;
  for (const PlannedTask& task : plan.tasks)
    if (!names.insert(task.task).second) throw InputError(fmt::format("plan: task {}: named twice", task.task));
}

nlohmann::json plan_json(const EvaluationPlan& plan) {
  nlohmann::json tasks = nlohmann::json::array();
  for (const PlannedTask& task : plan.tasks)
    tasks.push_back({{"task", task.task}, {"metric", task.metric}, {"filter", task.filter}, {"items", task.items}});
  return {{"margin", plan.margin},
          {"alpha", plan.alpha},
          {"power", plan.power},
          {"cluster", plan.cluster},
          {"correction", "holm"},
          {"regression", "one-sided exact McNemar, else Student's t; loss >= margin"},
          {"pass", "non-inferior at alpha: Tango's score test, else Student's t"},
          {"tasks", tasks}};
}

EvaluationPlan parse_plan(const nlohmann::json& json, const std::string& where) {
  JsonFields fields(json, where, "plan");
  EvaluationPlan plan;
  plan.margin = fields.number_or("margin", plan.margin);
  plan.alpha = fields.number_or("alpha", plan.alpha);
  plan.power = fields.number_or("power", plan.power);
  plan.cluster = fields.text_or("cluster", "");
  const nlohmann::json& tasks = fields.need("tasks");
  if (!tasks.is_array()) fields.fail("tasks", "a list", &tasks);
  for (size_t i = 0; i < tasks.size(); ++i) {
    JsonFields one(tasks[i], where, fmt::format("plan.tasks[{}]", i));
    plan.tasks.push_back({one.text("task"), one.text_or("metric", ""), one.text_or("filter", ""),
                          one.integer_or("items", -1, int64_t{1} << 40, -1)});
  }
  check_plan(plan);
  return plan;
}

std::string plan_hash(const EvaluationPlan& plan) {
  check_plan(plan);  // no number that JSON cannot hold
  return sha256_hex(plan_json(plan).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

JudgeOptions judge_options(const EvaluationPlan& plan) {
  JudgeOptions out;
  out.margin = plan.margin;
  out.alpha = plan.alpha;
  out.power = plan.power;
  return out;
}

}  // namespace fp8bench
