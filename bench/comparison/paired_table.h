// Judged task rows as tables, for whoever prints them: `paired` and `eval`.
#pragma once
#include <span>
#include <string>

#include "bench/comparison/compare_samples.h"
#include "harness/report/table.h"
#include "harness/score/judge_task.h"

namespace fp8bench {

// n, both scores, difference with its interval, flips, p-values, smallest detectable loss, verdict.
Table verdict_table(std::span<const TaskVerdict> rows);
// What explains a row: gold log-probability, changed answers, recovery, lengths, decision margins, clusters, floor.
// Rows that have none of it are left out.
Table detail_table(std::span<const TaskVerdict> rows);
// Both tables of the rows that decide, then the others and the notes, as text or Markdown.
std::string comparison_text(const SampleComparison& comparison, bool markdown = false);

}  // namespace fp8bench
