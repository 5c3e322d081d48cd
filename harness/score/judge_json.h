// A verdict as JSON, for records. Numbers that are not finite become null: canonical JSON has none.
#pragma once
#include <nlohmann/json.hpp>

#include "harness/score/judge_task.h"

namespace fp8bench {

nlohmann::json task_verdict_json(const TaskVerdict& verdict);

}  // namespace fp8bench
