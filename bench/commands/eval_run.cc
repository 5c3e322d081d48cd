#include "bench/commands/eval_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

double metric_of(const EvalSample& sample, const std::string& metric) {
  for (const auto& [name, value] : sample.metrics)
    if (name == metric) return value;
  return 0;
}

// The figure's items under one checkpoint: numbers, or log-likelihoods with weights.
void add_item(const EvalSample& sample, TaskPairs& pairs, bool candidate) {
  std::vector<double>& values = candidate ? pairs.candidate : pairs.reference;
  const auto logged = sample.logged.find(pairs.metric);
  if (logged != sample.logged.end() && logged->is_array() && logged->size() == 2) {
    values.push_back(logged->at(0).get<double>());
    if (!candidate) pairs.weights.push_back(logged->at(1).get<double>());
  } else if (logged != sample.logged.end() && logged->is_number()) {
    values.push_back(logged->get<double>());
  } else {
    values.push_back(metric_of(sample, pairs.metric));
  }
}

MetricKind kind_of(const TaskPairs& pairs) {
  if (pairs.metric == "bits_per_byte") return MetricKind::kBits;
  if (pairs.metric.find("perplexity") != std::string::npos) return MetricKind::kPerplexity;
  const auto binary = [](const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return v == 0 || v == 1; });
  };
  return binary(pairs.reference) && binary(pairs.candidate) ? MetricKind::kBinary : MetricKind::kReal;
}

// Of a document whose target is the number of one of its requests: ln p of the right answer, its distance to the best
// wrong one, and which was chosen.
void add_choices(const EvalDocument& document, std::span<const Response> responses, TaskPairs& pairs, bool candidate) {
  const size_t gold = document.target.get<size_t>();
  double best_wrong = -INFINITY;
  int64_t picked = 0;
  for (size_t i = 0; i < responses.size(); ++i) {
    if (responses[i].log_likelihood > responses[static_cast<size_t>(picked)].log_likelihood)
      picked = static_cast<int64_t>(i);
    if (i != gold) best_wrong = std::max(best_wrong, responses[i].log_likelihood);
  }
  const double right = responses[gold].log_likelihood;
  (candidate ? pairs.candidate_gold : pairs.reference_gold).push_back(right);
  (candidate ? pairs.candidate_margin : pairs.reference_margin).push_back(right - best_wrong);
  (candidate ? pairs.candidate_picked : pairs.reference_picked).push_back(picked);
}

bool has_choices(const EvalDocument& document) {
  return document.target.is_number_integer() && document.requests.size() > 1 && document.target.get<int64_t>() >= 0 &&
         document.target.get<size_t>() < document.requests.size() &&
         std::all_of(document.requests.begin(), document.requests.end(),
                     [](const Request& request) { return request.kind == RequestKind::kLogLikelihood; });
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

std::vector<TaskPairs> task_pairs(const TaskRun& task) {
  std::vector<TaskPairs> rows;
  const bool choices = std::all_of(task.documents.begin(), task.documents.end(), has_choices);
  const bool generated = task.documents.front().requests.front().kind == RequestKind::kGenerateUntil;
  for (const EvalFigure& figure : task.figures[0]) {
    TaskPairs pairs;
    pairs.task = task.info->name;
    pairs.metric = figure.metric;
    pairs.filter = figure.filter;
    int64_t own = -2;  // labels of documents that hang together with no other
    bool clustered = false;
    size_t next = 0;
    for (size_t d = 0; d < task.documents.size(); ++d) {
      const EvalDocument& document = task.documents[d];
      for (const size_t run : {size_t{0}, size_t{1}}) {
        const auto responses = std::span(task.responses[run]).subspan(next, document.requests.size());
        for (const EvalSample& sample : task.samples[run][d])
          if (sample.filter == figure.filter) add_item(sample, pairs, run == 1);
        if (choices) add_choices(document, responses, pairs, run == 1);
        if (generated)
          (run == 1 ? pairs.candidate_length : pairs.reference_length)
              .push_back(static_cast<double>(responses.front().tokens));
      }
      next += document.requests.size();
      clustered = clustered || document.cluster >= 0;
      pairs.clusters.push_back(document.cluster >= 0 ? document.cluster : own--);
    }
    if (!clustered) pairs.clusters.clear();
    pairs.kind = kind_of(pairs);
    rows.push_back(std::move(pairs));
  }
  return rows;
}

}  // namespace fp8bench
