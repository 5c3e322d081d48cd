#include "bench/commands/eval_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/command_line.h"
#include "bench/commands/gen_kwargs.h"
#include "datasets/eval/figures.h"
#include "datasets/task.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const EvalTaskInfo& info : eval_tasks()) names.push_back(info.name);
  for (const EvalGroup& group : eval_groups()) names.push_back(group.name);
  return names;
}

std::vector<std::string> expanded(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const std::vector<std::string> tasks = tasks_of(name);
    if (tasks.empty()) {
      const std::string near = closest(name, known_names());
      throw InputError(fmt::format("--tasks {}: unknown task\nhint: {}", name,
                                   near.empty() ? std::string("fp8bench list tasks shows what there is")
                                                : fmt::format("did you mean {}?", near)));
    }
    for (const std::string& task : tasks)
      if (std::find(out.begin(), out.end(), task) == out.end()) out.push_back(task);
  }
  return out;
}

}  // namespace

std::vector<TaskRun> load_tasks(const EvalCommandOptions& options, const std::string& data, const ChatOptions& chat) {
  if (data.empty()) throw InputError("eval: expected --data DIR or FP8BENCH_DATA: the folder of evaluation data");
  const nlohmann::ordered_json gen_kwargs = parse_gen_kwargs(options.gen_kwargs);
  std::vector<TaskRun> tasks;
  for (const std::string& name : expanded(options.tasks)) {
    TaskRun run;
    run.info = find_eval_task(name);
    EvalOptions eval{.data = data,
                     .limit = options.limit,
                     .num_fewshot = options.num_fewshot,
                     .seed = options.fewshot_seed,
                     .chat = chat};
    try {
      run.task = run.info->make(*run.info);
      run.documents = run.task->documents(eval);
      for (EvalDocument& document : run.documents)
        for (Request& request : document.requests) apply_gen_kwargs(gen_kwargs, request);
      eval.limit = -1;
      eval.chat = {};  // only counted: nothing to render
      run.all_documents =
          static_cast<int64_t>(options.limit >= 0 ? run.task->documents(eval).size() : run.documents.size());
    } catch (const DatasetError& error) {
      throw InputError(fmt::format("{}: {}", name, error.what()));
    }
    if (run.documents.empty()) throw InputError(fmt::format("{}: no documents", name));
    run.shots = options.num_fewshot >= 0 ? options.num_fewshot : run.info->default_shots;
    tasks.push_back(std::move(run));
  }
  return tasks;
}

std::vector<GroupFigure> group_figures(const EvalCommandOptions& options, const std::vector<TaskRun>& tasks,
                                       size_t run) {
  std::vector<GroupFigure> out;
  for (const std::string& name : options.tasks) {
    const EvalGroup* group = find_eval_group(name);
    if (group == nullptr || group->metric.empty()) continue;
    std::vector<double> values, errors;
    std::vector<int64_t> sizes;
    for (const std::string& member : tasks_of(name)) {
      for (const TaskRun& task : tasks) {
        if (task.info->name != member) continue;
        for (const EvalFigure& figure : task.figures[run]) {
          if (figure.metric != group->metric) continue;
          values.push_back(figure.value);
          errors.push_back(figure.standard_error);
          sizes.push_back(static_cast<int64_t>(task.documents.size()));
        }
      }
    }
    out.push_back({.name = name,
                   .metric = group->metric,
                   .version = group->version,
                   .value = group_mean(values, sizes),
                   .standard_error = pooled_standard_error(errors, sizes)});
  }
  return out;
}

void answer_tasks(std::vector<TaskRun>& tasks, const EvaluationSetup& setup, Journal& journal,
                  const std::function<void(const EvaluationProgress&)>& progress) {
  std::vector<const Request*> requests;
  for (const TaskRun& task : tasks)
    for (const EvalDocument& document : task.documents)
      for (const Request& request : document.requests) requests.push_back(&request);
  const auto responses = answer_requests(setup, requests, journal, progress);
  for (size_t run = 0; run < responses.size(); ++run) {
    size_t next = 0;
    for (TaskRun& task : tasks) {
      const size_t first = next;
      std::vector<std::vector<EvalSample>> samples;
      for (const EvalDocument& document : task.documents) {
        samples.push_back(
            task.task->score(document, std::span(responses[run]).subspan(next, document.requests.size())));
        next += document.requests.size();
      }
      task.responses.emplace_back(responses[run].begin() + static_cast<std::ptrdiff_t>(first),
                                  responses[run].begin() + static_cast<std::ptrdiff_t>(next));
      task.figures.push_back(task.task->figures(task.documents, samples));
      task.samples.push_back(std::move(samples));
    }
  }
}

}  // namespace fp8bench
