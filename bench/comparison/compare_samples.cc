#include "bench/comparison/compare_samples.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "datasets/eval/eval_tasks.h"
#include "harness/io/error.h"
#include "harness/score/pool_pairs.h"
#include "harness/score/sample_pairs.h"

namespace fp8bench {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// Groups first, so that a group's tasks do not stand alone: those asked for, else every group whose tasks are all
// there.
std::vector<std::string> row_names(const SampleSides& sides, const std::vector<std::string>& asked) {
  if (!asked.empty()) return asked;
  std::set<std::string> left;
  for (const SampleSide* side : {&sides.a, &sides.b})
    for (const auto& [name, source] : side->tasks) left.insert(name);
  std::vector<std::string> out;
  for (const EvalGroup& group : eval_groups()) {
    const std::vector<std::string> members = tasks_of(group.name);
    const auto there = [&](const std::string& task) { return left.count(task) > 0; };
    if (group.metric.empty() || !std::all_of(members.begin(), members.end(), there)) continue;
    out.push_back(group.name);
    for (const std::string& member : members) left.erase(member);
  }
  out.insert(out.end(), left.begin(), left.end());
  return out;
}

bool names_its_task(const SampleSource& source) {
  return source.samples && std::any_of(source.samples->rows.begin(), source.samples->rows.end(),
                                       [](const SampleRow& row) { return !row.task.empty(); });
}

// A file of one task whose lines do not say which gets the name that was asked for, or that another file says, or that
// the reference's file has.
void name_single_files(const std::vector<std::string>& asked, SampleSides& sides) {
  const auto is_single = [](const SampleSide& side) {
    return side.tasks.size() == 1 && side.tasks.begin()->second.samples != nullptr;  // a folder says what its files are
  };
  std::string name = asked.size() == 1 && find_eval_group(asked[0]) == nullptr ? asked[0] : "";
  for (const SampleSide* side : {&sides.a, &sides.b, &sides.control})
    if (name.empty() && is_single(*side) && names_its_task(side->tasks.begin()->second))
      name = side->tasks.begin()->first;
  if (name.empty() && is_single(sides.a)) name = sides.a.tasks.begin()->first;
  if (name.empty()) return;
  for (SampleSide* side : {&sides.a, &sides.b, &sides.control}) {
    if (!is_single(*side) || names_its_task(side->tasks.begin()->second)) continue;
    auto node = side->tasks.extract(side->tasks.begin());
    node.key() = name;
    side->tasks.insert(std::move(node));
  }
}

const SampleSource& source_of(const SampleSide& side, const std::string& task) {
  const auto at = side.tasks.find(task);
  if (at == side.tasks.end())
    throw CheckError(fmt::format("{}: task {}: expected its samples, found none (--tasks chooses)", side.name, task));
  return at->second;
}

SampleFile read_source(const SampleSource& source, const std::string& task, const std::string& cluster) {
  SampleFile file = source.samples ? *source.samples : read_samples(source.path, cluster);
  if (!source.samples) {  // by the file's name, so it should hold one task
    std::vector<std::string> names;
    for (const SampleRow& row : file.rows)
      if (!row.task.empty() && std::find(names.begin(), names.end(), row.task) == names.end())
        names.push_back(row.task);
    if (names.size() > 1)
      throw InputError(
          fmt::format("{}: expected one task a file in a folder, found {}\nhint: name the two files "
                      "instead of their folders",
                      source.path.string(), joined(names)));
  }
  file.task = task;
  return file;
}

void add_control(const SamplePairs& control, TaskPairs& pairs) {
  const auto take = [&](const TaskPairs& from) {
    if (from.metric != pairs.metric || from.filter != pairs.filter) return;
    pairs.control = from.candidate;
    if (!pairs.candidate_gold.empty()) pairs.control_gold = from.candidate_gold;
  };
  take(control.deciding);
  for (const TaskPairs& other : control.others) take(other);
}

SamplePairs read_pairs(const SamplePlace& place, const PlannedTask& planned, const std::string& cluster) {
  const PairRequest request{planned.metric, planned.filter, !cluster.empty()};
  const SampleFile a = read_source(place.a, place.task, cluster), b = read_source(place.b, place.task, cluster);
  SamplePairs pairs = pair_samples(a, b, request);
  if (place.control.path.empty()) return pairs;
  const SamplePairs control = pair_samples(b, read_source(place.control, place.task, cluster), request);
  add_control(control, pairs.deciding);
  for (TaskPairs& other : pairs.others) add_control(control, other);
  return pairs;
}

}  // namespace

SampleSources open_samples(const std::filesystem::path& file_or_folder, const std::string& cluster) {
  SampleSources out;
  if (std::filesystem::is_directory(file_or_folder)) {
    for (const auto& [task, path] : find_samples(file_or_folder)) out[task] = {path, nullptr};
    return out;
  }
  for (SampleFile& file : split_by_task(read_samples(file_or_folder, cluster))) {
    const std::string task = file.task;
    out[task] = {file_or_folder, std::make_shared<SampleFile>(std::move(file))};
  }
  return out;
}

std::vector<TaskPlace> task_places(SampleSides sides, const std::vector<std::string>& asked) {
  name_single_files(asked, sides);
  std::vector<TaskPlace> out;
  for (const std::string& name : row_names(sides, asked)) {
    TaskPlace row{name, {}};
    const bool group = find_eval_group(name) != nullptr && sides.a.tasks.count(name) == 0;
    for (const std::string& task : group ? tasks_of(name) : std::vector{name}) {
      SamplePlace& place = row.members.emplace_back();
      place.task = task;
      place.a = source_of(sides.a, task);
      place.b = source_of(sides.b, task);
      if (!sides.control.tasks.empty()) place.control = source_of(sides.control, task);
    }
    out.push_back(std::move(row));
  }
  return out;
}

SampleComparison compare_samples(const std::vector<TaskPlace>& places, const EvaluationPlan& plan) {
  std::vector<TaskPairs> deciding, others;
  SampleComparison out;
  for (size_t i = 0; i < places.size(); ++i) {
    const PlannedTask& planned = plan.tasks.at(i);
    std::vector<TaskPairs> members;
    for (const SamplePlace& place : places[i].members) {
      SamplePairs pairs = read_pairs(place, planned, plan.cluster);
      out.notes.insert(out.notes.end(), pairs.notes.begin(), pairs.notes.end());
      if (places[i].members.size() == 1)
        std::move(pairs.others.begin(), pairs.others.end(), std::back_inserter(others));
      members.push_back(std::move(pairs.deciding));
    }
    deciding.push_back(members.size() == 1 ? std::move(members.front()) : pool_pairs(members, places[i].task));
    if (members.size() > 1)  // each subject for itself, for information
      std::move(members.begin(), members.end(), std::back_inserter(others));
    const auto found = static_cast<int64_t>(deciding.back().reference.size());
    if (planned.items >= 0 && planned.items != found)
      throw CheckError(
          fmt::format("task {}: expected the plan's {} items, found {}", planned.task, planned.items, found));
  }
  const JudgeOptions judge = judge_options(plan);
  out.deciding = judge_tasks(deciding, judge);
  for (const TaskPairs& pairs : others) out.others.push_back(judge_task(pairs, judge));
  return out;
}

Verdict overall_verdict(const SampleComparison& comparison) {
  std::vector<StageVerdict> stages;
  for (const TaskVerdict& v : comparison.deciding)
    stages.push_back({fmt::format("{} {}", v.task, v.metric), v.outcome, v.reason, true});
  return combine_verdicts(stages);
}

}  // namespace fp8bench
