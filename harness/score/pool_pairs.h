// Several tasks as one row: the 57 subjects of MMLU are one benchmark, and each alone has too few items to decide.
#pragma once
#include <span>
#include <string>

#include "harness/score/judge_task.h"

namespace fp8bench {

// Items one after the other; clusters stay apart. What only some tasks have (gold log-probabilities, lengths, weights)
// is left out, except weights: a mix is an error. Throws CheckError unless metric, kind and filter are the same.
TaskPairs pool_pairs(std::span<const TaskPairs> tasks, const std::string& name);

}  // namespace fp8bench
