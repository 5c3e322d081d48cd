#include "harness/score/pool_pairs.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

template <class Value>
void append(std::vector<Value>& to, const std::vector<Value>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// The list of every task, or of none.
template <class Value>
std::vector<Value> joined(std::span<const TaskPairs> tasks, std::vector<Value> TaskPairs::*list) {
  std::vector<Value> out;
  for (const TaskPairs& task : tasks) {
    if ((task.*list).size() != task.reference.size()) return {};
    append(out, task.*list);
  }
  return out;
}

}  // namespace

TaskPairs pool_pairs(std::span<const TaskPairs> tasks, const std::string& name) {
  TaskPairs out;
  out.task = name;
  if (tasks.empty()) return out;
  const TaskPairs& first = tasks.front();
  out.metric = first.metric;
  out.filter = first.filter;
  out.kind = first.kind;
  out.higher_is_better = first.higher_is_better;
  int64_t next_label = 0;
  for (const TaskPairs& task : tasks) {
    if (task.metric != first.metric || task.filter != first.filter || task.kind != first.kind ||
        task.weights.empty() != first.weights.empty() || task.clusters.empty() != first.clusters.empty())
      throw CheckError(fmt::format("{}: tasks pooled: expected {},{} of {} as in {}, found {},{}", name, first.metric,
                                   first.filter, metric_kind_name(first.kind), first.task, task.metric, task.filter));
    append(out.reference, task.reference);
    append(out.candidate, task.candidate);
    append(out.weights, task.weights);
    int64_t largest = -1;
    for (const int64_t label : task.clusters) {
      out.clusters.push_back(next_label + label);
      largest = std::max(largest, label);
    }
    next_label += largest + 1;
  }
  out.reference_gold = joined(tasks, &TaskPairs::reference_gold);
  out.candidate_gold = joined(tasks, &TaskPairs::candidate_gold);
  out.reference_margin = joined(tasks, &TaskPairs::reference_margin);
  out.candidate_margin = joined(tasks, &TaskPairs::candidate_margin);
  out.reference_picked = joined(tasks, &TaskPairs::reference_picked);
  out.candidate_picked = joined(tasks, &TaskPairs::candidate_picked);
  out.reference_length = joined(tasks, &TaskPairs::reference_length);
  out.control = joined(tasks, &TaskPairs::control);
  out.control_gold = joined(tasks, &TaskPairs::control_gold);
  out.candidate_length = joined(tasks, &TaskPairs::candidate_length);
  return out;
}

}  // namespace fp8bench
