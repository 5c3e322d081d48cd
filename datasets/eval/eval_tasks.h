// What can be asked: one visible table of the tasks under lm-eval's names, and one of their groups.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/eval/data_files.h"
#include "datasets/evaluation.h"

namespace fp8bench {

struct EvalTaskInfo {
  std::string name;         // lm-eval's
  std::string output_type;  // lm-eval's: multiple_choice, loglikelihood, loglikelihood_rolling, generate_until
  double version = 1;       // of lm-eval's task; 0: not a task of lm-eval
  int64_t default_shots = 0;
  std::vector<DataFile> files;       // under the data folder
  std::vector<DataFile> shot_files;  // only with shots > 0; empty: none needed, or the task takes none
  std::string about;
  std::unique_ptr<EvalTask> (*make)(const EvalTaskInfo& info) = nullptr;
  std::string cluster_key = {};  // key of doc whose value documents share that are not independent; empty: they all are
};

std::span<const EvalTaskInfo> eval_tasks();
const EvalTaskInfo* find_eval_task(std::string_view name);  // null: no such task

// The files that the data folder lacks, as paths relative to it (the name under which a file is looked for first).
std::vector<std::string> missing_files(const EvalTaskInfo& info, const std::string& data, bool with_shots);

// Several tasks under one name. Where a metric is named, lm-eval reports its mean over all documents and the pooled
// standard error (datasets/eval/figures.h: group_mean, pooled_standard_error); the members are tasks or groups, in its
// order.
struct EvalGroup {
  std::string name;
  std::vector<std::string> members;
  std::string metric;  // "": only a name for several tasks
  double version = 0;
};

std::span<const EvalGroup> eval_groups();
const EvalGroup* find_eval_group(std::string_view name);

// The tasks behind a name, groups taken apart; empty when there is no such task or group.
std::vector<std::string> tasks_of(std::string_view name);

}  // namespace fp8bench
