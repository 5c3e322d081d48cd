// Samples of two runs -> verdicts, task by task: the one road for `paired` (files that lm-eval or fp8bench wrote) and
// for `eval --fp8` (the samples it is about to write), so that both say the same of the same items.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/score/plan.h"
#include "harness/score/sample_file.h"

namespace fp8bench {

// One task's samples on one side. What a folder holds is read when its turn comes.
struct SampleSource {
  std::filesystem::path path;
  std::shared_ptr<const SampleFile> samples;  // null: read from path
};
using SampleSources = std::map<std::string, SampleSource>;  // by task

// A folder: a task a file, by its name. A file: by the tasks that its lines name, else one task, by its name. Throws
// InputError.
SampleSources open_samples(const std::filesystem::path& file_or_folder, const std::string& cluster);

struct SampleSide {
  std::string name;  // for messages: what was asked for
  SampleSources tasks;
};
// A is the reference, B the candidate; control is another correct run of B (the rounding floor), without tasks: none.
struct SampleSides {
  SampleSide a, b, control;
};

struct SamplePlace {
  std::string task;
  SampleSource a, b, control;  // control: without path if there is none
};
// One row: a task, or a group of lm-eval that reports one figure (mmlu), its tasks pooled.
struct TaskPlace {
  std::string task;
  std::vector<SamplePlace> members;
};
// What is compared: the tasks or groups that were asked for; none asked: every task that either side has, groups where
// all of their tasks are there. A single task on both sides is the same one, whatever the files are called, unless the
// lines say otherwise. Throws CheckError naming a task that a side lacks.
std::vector<TaskPlace> task_places(SampleSides sides, const std::vector<std::string>& asked);

struct SampleComparison {
  std::vector<TaskVerdict> deciding;  // one a place, Holm over them
  std::vector<TaskVerdict> others;    // further metrics and filters, and a group's tasks, for information
  std::vector<std::string> notes;     // what could not be checked or used, one line each
};
// plan.tasks: one a place. Throws CheckError: not the same items, or another number of them than planned.
SampleComparison compare_samples(const std::vector<TaskPlace>& places, const EvaluationPlan& plan);

Verdict overall_verdict(const SampleComparison& comparison);

}  // namespace fp8bench
