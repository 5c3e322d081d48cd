// What is going to be judged, and how, fixed and hashed before the first item is scored: a margin chosen after the
// result is no margin.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/score/judge_task.h"

namespace fp8bench {

struct PlannedTask {
  std::string task, metric, filter;  // metric, filter: "" = the task's own deciding one
  int64_t items = -1;                // -1: all that the task has
};
struct EvaluationPlan {
  double margin = 0.02, alpha = 0.05, power = 0.8;
  std::string cluster;  // key of what items share; "": independent items
  std::vector<PlannedTask> tasks;
};

// Throws InputError unless 0 < margin, power < 1, 0 < alpha < 1/2, and every task is named once.
void check_plan(const EvaluationPlan& plan);
nlohmann::json plan_json(const EvaluationPlan& plan);
// Throws InputError naming the key.
EvaluationPlan parse_plan(const nlohmann::json& json, const std::string& where);
// sha256 of the canonical JSON (keys sorted, no white space).
std::string plan_hash(const EvaluationPlan& plan);
JudgeOptions judge_options(const EvaluationPlan& plan);

}  // namespace fp8bench
