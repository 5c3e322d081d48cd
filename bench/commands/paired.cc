// fp8bench paired A B: the same items under two checkpoints, from the sample files that lm-eval (or fp8bench eval)
// wrote. A is the reference (BF16), B the candidate (FP8).
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "bench/comparison/compare_samples.h"
#include "bench/comparison/paired_table.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "harness/score/judge_json.h"
#include "harness/score/metric_table.h"
#include "harness/score/share_text.h"

namespace fp8bench {
namespace {

struct Options {
  std::string reference, candidate, control;
  std::string metric, filter, cluster;
  std::string margin = "2pp", alpha = "0.05", power = "0.8";
  std::string format = "text";
  std::string plan;
  std::vector<std::string> tasks;
};

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

SampleSide side(const std::string& file_or_folder, const std::string& cluster) {
  return {file_or_folder, open_samples(file_or_folder, cluster)};
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

Record make_record(const std::vector<TaskPlace>& places, const EvaluationPlan& plan, const CommonOptions& common) {
  Record record;
  nlohmann::json files = nlohmann::json::array();
  for (const TaskPlace& row : places)
    for (const SamplePlace& place : row.members) {
      nlohmann::json& file = files.emplace_back();
      file = {{"task", place.task},
              {"reference_sha256", sha256_file(place.a.path)},
              {"candidate_sha256", sha256_file(place.b.path)}};
      if (!place.control.path.empty()) file["control_sha256"] = sha256_file(place.control.path);
    }
  record.content = {{"suite", "paired"}, {"plan", plan_json(plan)}, {"plan_sha256", plan_hash(plan)}, {"files", files}};
  record.run = {{"command", common.command_line}};
  return record;
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
    const std::string cluster = options.plan.empty() ? options.cluster : plan.cluster;
    SampleSides sides{side(options.reference, cluster), side(options.candidate, cluster), {}};
    if (!options.control.empty()) sides.control = side(options.control, cluster);
    const std::vector<TaskPlace> places = task_places(std::move(sides), options.tasks);
    if (options.plan.empty()) plan = make_plan(options, places);
    record = make_record(places, plan, common);  // with the plan's hash, before anything is scored
    const SampleComparison comparison = compare_samples(places, plan);
    verdict = overall_verdict(comparison);
    record.content["rows"] = task_verdicts_json(comparison.deciding);
    record.content["other_rows"] = task_verdicts_json(comparison.others);
    record.content["notes"] = comparison.notes;
    if (options.format == "json") {
      fmt::print("{}\n", canonical_json(record.content));
    } else {
      fmt::print(
          "A {}\nB {}\nplan {}: margin {:.3g} points, alpha {:.3g} one-sided, power {:.3g}, Holm over {} task(s)\n\n",
          options.reference, options.candidate, plan_hash(plan).substr(0, 16), 100 * plan.margin, plan.alpha,
          plan.power, places.size());
      fmt::print("{}", comparison_text(comparison, options.format == "md"));
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
                 "samples of the reference (BF16): a file of lm-eval --log_samples or of fp8bench eval, or a folder");
  app.add_option("B", options->candidate, "samples of the candidate (FP8), of the same items");
  app.add_option(
      "--floor", options->control,
      "samples of another correct run of B (fp8bench eval --floor, another engine): the control of its flips, "
      "and what ln p of the right answers may lose (default: none)");
  app.add_option("--metric", options->metric, "metric that decides (default: the first of --metrics that a task has)");
  app.add_option("--filter", options->filter, "filter that decides (default: none, else the first in the file)");
  app.add_option("--margin", options->margin, "largest loss that passes: 2pp, 2% or 0.02; of a perplexity its rise")
      ->capture_default_str();
  app.add_option("--alpha", options->alpha, "one-sided chance of a false alarm, and of a false pass")
      ->capture_default_str();
  app.add_option("--power", options->power, "for the smallest detectable loss")->capture_default_str();
  app.add_option(
      "--cluster", options->cluster,
      "key of the document whose value items share that are not independent (default: what the task's documents share, "
      "such as boolq's passage, else none)");
  app.add_option(
         "--tasks", options->tasks,
         "these tasks or groups of what A and B hold (default: all; a group with one figure, such as mmlu, is one row)")
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
