// A verdict as JSON, for records. Numbers that are not finite become null: canonical JSON has none.
#pragma once
#include <nlohmann/json.hpp>
#include <span>

#include "harness/score/judge_task.h"

namespace fp8bench {

nlohmann::json task_verdict_json(const TaskVerdict& verdict);
nlohmann::json task_verdicts_json(std::span<const TaskVerdict> rows);

}  // namespace fp8bench
