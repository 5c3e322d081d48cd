// fp8bench plan: how many items does it take, before any is scored? Its record fixes margin, alpha, power and tasks for
// `paired --plan`.
#include "harness/score/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "datasets/eval/eval_tasks.h"
#include "datasets/task.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "harness/report/table.h"
#include "harness/score/minimum_effect.h"
#include "harness/score/share_text.h"

namespace fp8bench {
namespace {

struct Options {
  std::string margin = "2pp", discordance = "5%", alpha = "0.05", power = "0.8", cluster;
  std::vector<std::string> tasks;
  double rate = 0;  // items a second
};

// Documents that the data folder has of a task or group; -1, and why on stderr, where they cannot be counted.
int64_t documents_of(const std::string& name, const CommonOptions& common) {
  const std::vector<std::string> tasks = tasks_of(name);
  if (tasks.empty()) {
    fmt::print(stderr, "{}: no task of fp8bench; its items are unknown (give them as {}=ITEMS)\n", name, name);
    return -1;
  }
  EvalOptions options;
  options.data = common.data;
  options.num_fewshot = 0;
  int64_t documents = 0;
  for (const std::string& task : tasks) {
    const EvalTaskInfo& info = *find_eval_task(task);
    try {
      documents += static_cast<int64_t>(info.make(info)->documents(options).size());
    } catch (const DatasetError& error) {
      fmt::print(stderr, "{}: its items are unknown: {}\n", name, error.what());
      return -1;
    }
  }
  return documents;
}

// "arc_easy", or "arc_easy=2376": a task and the number of its items.
PlannedTask parse_task(const std::string& text, const CommonOptions& common) {
  const size_t equals = text.find('=');
  PlannedTask task{text.substr(0, equals), "", "", -1};
  if (equals == std::string::npos) {
    task.items = documents_of(task.task, common);
    return task;
  }
  const std::string count = text.substr(equals + 1);
  if (count.empty() || count.size() > 12 || count.find_first_not_of("0123456789") != std::string::npos || count == "0")
    throw InputError(fmt::format("--tasks {}: expected TASK or TASK=ITEMS, found '{}' items", text, count));
  task.items = std::stoll(count);
  return task;
}

std::string points(double ratio) { return fmt::format("{:.2f} points", 100 * ratio); }

std::string count_or(const std::optional<int64_t>& n, const char* absent) { return n ? fmt::format("{}", *n) : absent; }

std::string duration(double items, double rate) {
  if (!(rate > 0)) return "-";
  const double seconds = items / rate;
  return seconds < 120 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.1f} min", seconds / 60);
}

struct Need {
  std::optional<int64_t> rule_out, find;
};

Table needs_table(const EvaluationPlan& plan, double discordance, double rate, const Need& need, double family_alpha) {
  Table table{{"to", "items a task", "time a task"}, {}};
  const auto row = [&](const std::string& what, const std::optional<int64_t>& n) {
    table.add({what, count_or(n, "not attainable"), n ? duration(static_cast<double>(*n), rate) : "-"});
  };
  row(fmt::format("rule out a loss of {} where nothing is lost (PASS)", points(plan.margin)), need.rule_out);
  row(fmt::format("find a true loss of {} (REGRESSION), alpha {:.3g}", points(plan.margin), family_alpha), need.find);
  const auto alone = items_to_find(plan.margin, discordance, plan.alpha, plan.power);
  if (family_alpha != plan.alpha) row("the same for a task on its own", alone);
  return table;
}

Table tasks_table(const EvaluationPlan& plan, double discordance, double rate, const Need& need, double family_alpha,
                  bool& enough) {
  Table table{{"task", "items", "needed", "rules out", "finds", "time", ""}, {}};
  const int64_t needed = need.rule_out ? *need.rule_out : -1;
  for (const PlannedTask& task : plan.tasks) {
    const EvalTaskInfo* info = find_eval_task(task.task);
    if (info != nullptr && info->output_type == "loglikelihood_rolling") {
      table.add({task.task, count_or(task.items < 0 ? std::nullopt : std::optional(task.items), "?"), "-", "-", "-",
                 duration(static_cast<double>(std::max<int64_t>(task.items, 0)), rate), "perplexity: nothing flips"});
      continue;
    }
    if (task.items < 0) {
      table.add({task.task, "?", count_or(need.rule_out, "not attainable"), "-", "-", "-", ""});
      continue;
    }
    const auto effect = connor_effect(task.items, discordance, family_alpha, plan.power);
    const bool fits = needed >= 0 && task.items >= needed;
    enough = enough && fits;
    table.add({task.task, fmt::format("{}", task.items), count_or(need.rule_out, "not attainable"),
               points(ruled_out_margin(task.items, discordance, plan.alpha, plan.power)),
               effect ? points(*effect) : "nothing: more than every flip",
               duration(static_cast<double>(task.items), rate), fits ? "enough" : "too few"});
  }
  return table;
}

int run(const Options& options, const CommonOptions& common) {
  if (!common.json.empty()) require_writable(common.json);
  EvaluationPlan plan;
  plan.margin = parse_share(options.margin, "--margin");
  plan.alpha = parse_share(options.alpha, "--alpha");
  plan.power = parse_share(options.power, "--power");
  plan.cluster = options.cluster;
  const double discordance = parse_share(options.discordance, "--discordance");
  if (options.rate < 0 || !std::isfinite(options.rate))
    throw InputError(fmt::format("--rate: expected items a second, found {}", options.rate));
  for (const std::string& task : options.tasks) plan.tasks.push_back(parse_task(task, common));
  check_plan(plan);
  // Holm holds the smallest p against alpha / tasks: what the first alarm has to reach.
  const double family = static_cast<double>(std::max<size_t>(1, plan.tasks.size()));
  const double family_alpha = plan.alpha / family;
  const Need need = {items_to_rule_out(plan.margin, discordance, plan.alpha, plan.power),
                     items_to_find(plan.margin, discordance, family_alpha, plan.power)};
  fmt::print("margin {}, discordance {:.3g} % (share of items that flip), alpha {:.3g} one-sided, power {:.3g}\n\n{}",
             points(plan.margin), 100 * discordance, plan.alpha, plan.power,
             text_table(needs_table(plan, discordance, options.rate, need, family_alpha)));
  if (!need.find)
    fmt::print("\nA loss of {} is more than all flips together ({:.3g} % discordance): it cannot happen.\n",
               points(plan.margin), 100 * discordance);
  bool enough = true;
  if (!plan.tasks.empty())
    fmt::print("\n{}", text_table(tasks_table(plan, discordance, options.rate, need, family_alpha, enough)));
  fmt::print("\nplan {}\n", plan_hash(plan));
  if (!common.json.empty()) {
    Record record;
    record.content = {{"suite", "plan"},
                      {"plan", plan_json(plan)},
                      {"plan_sha256", plan_hash(plan)},
                      {"discordance", discordance},
                      {"items_to_pass", need.rule_out ? nlohmann::json(*need.rule_out) : nlohmann::json(nullptr)},
                      {"items_to_find", need.find ? nlohmann::json(*need.find) : nlohmann::json(nullptr)},
                      {"enough", enough}};
    record.run = {{"command", common.command_line}};
    write_record(common.json, record);
  }
  return enough ? kExitPass : kExitInconclusive;
}

}  // namespace

std::function<int()> add_plan_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  app.add_option("--margin", options->margin, "largest loss that passes: 0.5pp, 2% or 0.02")->capture_default_str();
  app.add_option("--discordance", options->discordance,
                 "share of items expected to flip, either way; measure it with `paired` on a small run")
      ->capture_default_str();
  app.add_option("--alpha", options->alpha, "one-sided chance of a false alarm, and of a false pass")
      ->capture_default_str();
  app.add_option("--power", options->power, "chance that the answer is found")->capture_default_str();
  app.add_option("--tasks", options->tasks,
                 "tasks or groups of the plan, with all their documents under --data, or TASK=ITEMS; Holm's correction "
                 "covers them "
                 "all")
      ->delimiter(',');
  app.add_option("--cluster", options->cluster, "key of what items share (paired --cluster), fixed with the plan");
  app.add_option("--rate", options->rate, "items a second, both checkpoints together: adds the expected time");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
