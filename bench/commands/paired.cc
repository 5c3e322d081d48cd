// fp8bench paired A B: the same items under two checkpoints, from the sample files that lm-eval (or fp8bench eval)
// wrote. A is the reference (BF16), B the candidate (FP8).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "bench/commands/paired_table.h"
#include "datasets/eval/eval_tasks.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "harness/score/judge_json.h"
#include "harness/score/metric_table.h"
#include "harness/score/plan.h"
#include "harness/score/pool_pairs.h"
#include "harness/score/sample_pairs.h"
#include "harness/score/share_text.h"

namespace fp8bench {
namespace {

struct Options {
  std::string reference, candidate;
  std::string metric, filter, cluster;
  std::string margin = "2pp", alpha = "0.05", power = "0.8";
  std::string format = "text";
  std::string plan;
  std::vector<std::string> tasks;
};

using TaskFiles = std::map<std::string, std::filesystem::path>;

struct SamplePlace {
  std::string task;
  std::filesystem::path reference, candidate;
};
// One row: a task, or a group of lm-eval that reports one figure (mmlu), its tasks pooled.
struct TaskPlace {
  std::string task;
  std::vector<SamplePlace> members;
};

// Groups first, so that a group's tasks do not stand alone: those asked for, else every group whose tasks are all
// there.
std::vector<std::string> row_names(const Options& options, const TaskFiles& ref, const TaskFiles& cand) {
  if (!options.tasks.empty()) return options.tasks;
  std::set<std::string> left;
  for (const TaskFiles* files : {&ref, &cand})
    for (const auto& [name, path] : *files) left.insert(name);
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

// What is compared: every task that was asked for, or that either side has. A single file on both sides is one task,
// whatever the two files are called.
std::vector<TaskPlace> task_places(const Options& options) {
  const TaskFiles ref = find_samples(options.reference), cand = find_samples(options.candidate);
  if (!std::filesystem::is_directory(options.reference) && !std::filesystem::is_directory(options.candidate)) {
    const std::string& task = ref.begin()->first;
    return {{task, {{task, ref.begin()->second, cand.begin()->second}}}};
  }
  std::vector<TaskPlace> out;
  for (const std::string& name : row_names(options, ref, cand)) {
    TaskPlace row{name, {}};
    const bool group = find_eval_group(name) != nullptr && ref.count(name) == 0;
    for (const std::string& task : group ? tasks_of(name) : std::vector{name}) {
      for (const auto& [files, where] : {std::pair{&ref, &options.reference}, std::pair{&cand, &options.candidate}})
        if (files->count(task) == 0)
          throw CheckError(
              fmt::format("{}: task {}: expected its samples, found none (--tasks chooses)", *where, task));
      row.members.push_back({task, ref.at(task), cand.at(task)});
    }
    out.push_back(std::move(row));
  }
  return out;
}

// Fixed before: the plan's tasks are the rows, whatever else the folders hold.
EvaluationPlan read_plan(Options& options) {
  const Record record = read_record(options.plan);  // refuses an edited one
  if (!record.content.contains("plan"))
    throw InputError(fmt::format("{}: expected a record of fp8bench plan, found none", options.plan));
  const EvaluationPlan plan = parse_plan(record.content.at("plan"), options.plan);
  std::vector<std::string> planned;
  for (const PlannedTask& task : plan.tasks) planned.push_back(task.task);
  if (!options.tasks.empty() && options.tasks != planned)
    throw CheckError(fmt::format("--tasks: expected those of the plan, {}; found {}", fmt::join(planned, ","),
                                 fmt::join(options.tasks, ",")));
  options.tasks = planned;
  return plan;
}

EvaluationPlan make_plan(const Options& options, const std::vector<TaskPlace>& places) {
  EvaluationPlan plan;
  plan.margin = parse_share(options.margin, "--margin");
  plan.alpha = parse_share(options.alpha, "--alpha");
  plan.power = parse_share(options.power, "--power");
  plan.cluster = options.cluster;
  for (const TaskPlace& place : places) plan.tasks.push_back({place.task, options.metric, options.filter, -1});
  check_plan(plan);
  return plan;
}

struct Comparison {
  std::vector<TaskVerdict> deciding, others;
  std::vector<std::string> notes;
};

SamplePairs read_pairs(const SamplePlace& place, const PlannedTask& planned, const std::string& cluster) {
  SampleFile ref = read_samples(place.reference, cluster), cand = read_samples(place.candidate, cluster);
  ref.task = cand.task = place.task;
  return pair_samples(ref, cand, {planned.metric, planned.filter, !cluster.empty()});
}

Comparison compare(const std::vector<TaskPlace>& places, const EvaluationPlan& plan) {
  std::vector<TaskPairs> deciding, others;
  Comparison out;
  for (size_t i = 0; i < places.size(); ++i) {
    const PlannedTask& planned = plan.tasks[i];
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

Verdict overall(const Comparison& comparison) {
  std::vector<StageVerdict> stages;
  for (const TaskVerdict& v : comparison.deciding)
    stages.push_back({fmt::format("{} {}", v.task, v.metric), v.outcome, v.reason, true});
  return combine_verdicts(stages);
}

nlohmann::json rows_json(const std::vector<TaskVerdict>& rows) {
  nlohmann::json out = nlohmann::json::array();
  for (const TaskVerdict& v : rows) out.push_back(task_verdict_json(v));
  return out;
}

Record make_record(const std::vector<TaskPlace>& places, const EvaluationPlan& plan, const CommonOptions& common) {
  Record record;
  nlohmann::json files = nlohmann::json::array();
  for (const TaskPlace& row : places)
    for (const SamplePlace& place : row.members)
      files.push_back({{"task", place.task},
                       {"reference_sha256", sha256_file(place.reference)},
                       {"candidate_sha256", sha256_file(place.candidate)}});
  record.content = {{"suite", "paired"}, {"plan", plan_json(plan)}, {"plan_sha256", plan_hash(plan)}, {"files", files}};
  record.run = {{"command", common.command_line}};
  return record;
}

void print_tables(const Options& options, const Comparison& comparison) {
  const auto text = [&](const Table& table) {
    return options.format == "md" ? markdown_table(table) : text_table(table);
  };
  fmt::print("{}\n", text(verdict_table(comparison.deciding)));
  const Table details = detail_table(comparison.deciding);
  if (!details.rows.empty()) fmt::print("{}\n", text(details));
  if (!comparison.others.empty())
    fmt::print("for information, no part of the verdict:\n{}\n", text(verdict_table(comparison.others)));
  for (const std::string& note : comparison.notes) fmt::print("note: {}\n", note);
}

int print_metrics() {
  Table table{{"metric", "paired as", "more is better", "value of an item"}, {}};
  for (const MetricInfo& info : metric_table())
    table.add({std::string(info.name), metric_kind_name(info.kind), info.higher_is_better ? "yes" : "no",
               std::string(info.value)});
  table.add({"any other", "real (binary if only 0 and 1)", "yes", "a number"});
  fmt::print("{}", text_table(table));
  return kExitPass;
}

int run(Options options, const CommonOptions& common) {
  if (options.reference.empty() || options.candidate.empty())
    throw InputError("paired: expected two sample files or folders, A (reference) and B (candidate)");
  if (!common.json.empty()) require_writable(common.json);
  Record record;
  Verdict verdict;
  try {
    EvaluationPlan plan;
    if (!options.plan.empty()) plan = read_plan(options);
    const std::vector<TaskPlace> places = task_places(options);
    if (options.plan.empty()) plan = make_plan(options, places);
    if (plan.tasks.size() != places.size())  // one file a side is one task
      throw CheckError(fmt::format("{}: expected the plan's {} tasks, found {}", options.reference, plan.tasks.size(),
                                   places.size()));
    record = make_record(places, plan, common);  // with the plan's hash, before anything is scored
    const Comparison comparison = compare(places, plan);
    verdict = overall(comparison);
    record.content["rows"] = rows_json(comparison.deciding);
    record.content["other_rows"] = rows_json(comparison.others);
    record.content["notes"] = comparison.notes;
    if (options.format == "json") {
      fmt::print("{}\n", canonical_json(record.content));
    } else {
      fmt::print(
          "A {}\nB {}\nplan {}: margin {:.3g} points, alpha {:.3g} one-sided, power {:.3g}, Holm over {} task(s)\n\n",
          options.reference, options.candidate, plan_hash(plan).substr(0, 16), 100 * plan.margin, plan.alpha,
          plan.power, places.size());
      print_tables(options, comparison);
    }
  } catch (const CheckError& error) {  // not the same items: no row can be judged
    verdict.exit = kExitInvalid;
    verdict.line = fmt::format("INVALID - {}", error.what());
  }
  record.content["verdict"] = {{"exit", static_cast<int>(verdict.exit)}, {"line", verdict.line}};
  if (!common.json.empty()) write_record(common.json, record);
  if (options.format == "json")
    fmt::print(stderr, "{}\n", verdict.line);
  else
    fmt::print("{}\n", verdict.line);
  return verdict.exit;
}

}  // namespace

std::function<int()> add_paired_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  auto metrics = std::make_shared<bool>(false);
  app.add_option("A", options->reference,
                 "samples of the reference (BF16): a file of lm-eval --log_samples, or a folder of them");
  app.add_option("B", options->candidate, "samples of the candidate (FP8), of the same items");
  app.add_option("--metric", options->metric, "metric that decides (default: the first of --metrics that a task has)");
  app.add_option("--filter", options->filter, "filter that decides (default: none, else the first in the file)");
  app.add_option("--margin", options->margin, "largest loss that passes: 2pp, 2% or 0.02; of a perplexity its rise")
      ->capture_default_str();
  app.add_option("--alpha", options->alpha, "one-sided chance of a false alarm, and of a false pass")
      ->capture_default_str();
  app.add_option("--power", options->power, "for the smallest detectable loss")->capture_default_str();
  app.add_option("--cluster", options->cluster,
                 "key of the document whose value items share that are not independent (default: none)");
  app.add_option(
         "--tasks", options->tasks,
         "of two folders, these tasks or groups (default: all; a group with one figure, such as mmlu, is one row)")
      ->delimiter(',');
  app.add_option("--plan", options->plan,
                 "record of fp8bench plan: its tasks, margin, alpha and power instead of the options above");
  app.add_option("--format", options->format, "text, md or json")
      ->check(CLI::IsMember({"text", "md", "json"}))
      ->capture_default_str();
  app.add_flag("--metrics", *metrics, "print how every metric is paired, and stop");
  return [options, metrics, &common] { return *metrics ? print_metrics() : run(*options, common); };
}

}  // namespace fp8bench
