// Two sample files -> pairs to judge. Refuses (CheckError: the comparison is invalid) what is not the same items under
// the same prompts: the first item whose hash differs, a duplicate, an item that one side lacks is named.
#pragma once
#include <string>
#include <vector>

#include "harness/score/judge_task.h"
#include "harness/score/sample_file.h"

namespace fp8bench {

struct PairRequest {
  std::string metric;    // "": the first of metric_table() that both files have decides, the others are shown
  std::string filter;    // "": "none" if there, else the first in the file decides
  bool cluster = false;  // SampleRow::cluster labels the clusters; it does so unasked where every row has one
};

struct SamplePairs {
  TaskPairs deciding;
  std::vector<TaskPairs> others;   // further metrics and filters, for information
  std::vector<std::string> notes;  // what could not be checked or used, one line each
};

// Throws InputError if the metric or filter is in neither or only one file (those present are named) or cannot be
// paired.
SamplePairs pair_samples(const SampleFile& reference, const SampleFile& candidate, const PairRequest& request = {});

}  // namespace fp8bench
