// What `fp8bench eval` writes: samples and results in lm-evaluation-harness's form, and our tables. Computes no figure.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/commands/eval_run.h"

namespace fp8bench {

// A samples file, one line a document and filter, as lm-eval's --log_samples writes it (numbers in responses as text),
// with the task's name as last key.
std::string sample_lines(const TaskRun& task, size_t run);

// The results of one checkpoint under lm-eval's keys. NaN errors are "N/A", as there.
nlohmann::ordered_json lmeval_results(const EvalCommandOptions& options, const std::vector<TaskRun>& tasks, size_t run);

// What was asked of the chat template, for the plan; and lm-eval's keys for it.
nlohmann::json chat_plan(const EvalChat& chat);
void add_chat_results(const EvalChat& chat, nlohmann::ordered_json& results);

std::string figure_table(const EvalCommandOptions& options, const std::vector<TaskRun>& tasks);  // one checkpoint

}  // namespace fp8bench
