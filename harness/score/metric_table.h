// How a metric of lm-eval is paired item by item: one visible table.
#pragma once
#include <span>
#include <string_view>

#include "harness/score/judge_task.h"

namespace fp8bench {

struct MetricInfo {
  std::string_view name;
  MetricKind kind;
  bool higher_is_better;
  std::string_view value;  // of one item in the sample file
};

// In the order in which a task's deciding metric is chosen where none is asked for.
std::span<const MetricInfo> metric_table();
// Null for a name that the table lacks: it is paired as a real number, more is better.
const MetricInfo* find_metric(std::string_view name);
// Of the whole set, not of an item (mcc, f1 over pairs, bleu ...): cannot be paired.
bool is_set_metric(std::string_view name);

}  // namespace fp8bench
