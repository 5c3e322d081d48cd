#include "bench/commands/eval_report.h"

#include <fmt/format.h>

#include <cmath>

#include "datasets/eval/python_dump.h"
#include "datasets/eval/samples.h"
#include "harness/io/sha256.h"
#include "harness/report/table.h"

namespace fp8bench {
namespace {

using nlohmann::ordered_json;

// lm-eval's sanitize_list: every leaf as Python's str() prints it.
ordered_json as_text(const ordered_json& value) {
  if (!value.is_array()) return python_str(value);
  ordered_json out = ordered_json::array();
  for (const ordered_json& item : value) out.push_back(as_text(item));
  return out;
}

ordered_json response_json(const Request& request, const Response& response) {
  switch (request.kind) {
    case RequestKind::kLogLikelihood:
      return ordered_json::array({response.log_likelihood, response.greedy});
    case RequestKind::kRolling:
      return response.log_likelihood;
    case RequestKind::kGenerateUntil:
      return response.text;
  }
  return nullptr;
}

ordered_json arguments_json(const EvalDocument& document) {
  ordered_json out = ordered_json::object();
  const ordered_json arguments = sample_arguments(document);
  for (size_t i = 0; i < arguments.size(); ++i) {
    ordered_json& one = out[fmt::format("gen_args_{}", i)];
    for (size_t j = 0; j < arguments[i].size(); ++j) one[fmt::format("arg_{}", j)] = arguments[i][j];
  }
  return out;
}

ordered_json number_or_none(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json("N/A"); }

std::string plus_minus(double value, double error) {
  return std::isfinite(error) ? fmt::format("{:.4f} +- {:.4f}", value, error) : fmt::format("{:.4f}", value);
}

}  // namespace

std::string sample_lines(const TaskRun& task, size_t run) {
  std::string text;
  const size_t filters = task.samples[run].front().size();
  for (size_t f = 0; f < filters; ++f) {  // lm-eval writes filter by filter
    size_t next = 0;
    for (size_t d = 0; d < task.documents.size(); ++d) {
      const EvalDocument& document = task.documents[d];
      const EvalSample& sample = task.samples[run][d][f];
      ordered_json responses = ordered_json::array(), metrics = ordered_json::array();
      for (const Request& request : document.requests)
        responses.push_back(ordered_json::array({response_json(request, task.responses[run][next++])}));
      for (const auto& [name, value] : sample.logged.items()) metrics.push_back(name);
      ordered_json line = {{"doc_id", document.id},
                           {"doc", document.doc},
                           {"target", python_str(document.target)},
                           {"arguments", arguments_json(document)},
                           {"resps", as_text(responses)},
                           {"filtered_resps", as_text(sample.filtered_resps)},
                           {"filter", sample.filter},
                           {"metrics", metrics},
                           {"doc_hash", sha256_hex(doc_hash_text(document))},
                           {"prompt_hash", sha256_hex(prompt_hash_text(document))},
                           {"target_hash", sha256_hex(target_hash_text(document))}};
      for (const auto& [name, value] : sample.logged.items()) line[name] = value;
      line["task"] = task.info->name;
      text += python_dumps(line) + "\n";
    }
  }
  return text;
}

ordered_json lmeval_results(const EvalCommandOptions& options, const std::vector<TaskRun>& tasks, size_t run) {
  ordered_json results = ordered_json::object(), groups = ordered_json::object(), versions = ordered_json::object(),
               shots = ordered_json::object(), samples = ordered_json::object();
  for (const GroupFigure& group : group_figures(options, tasks, run)) {
    ordered_json row = {{"alias", group.name},
                        {fmt::format("{},none", group.metric), number_or_none(group.value)},
                        {fmt::format("{}_stderr,none", group.metric), number_or_none(group.standard_error)}};
    results[group.name] = row;
    groups[group.name] = row;
    versions[group.name] = group.version;
  }
  for (const TaskRun& task : tasks) {
    ordered_json& row = results[task.info->name];
    row["alias"] = task.info->name;
    for (const EvalFigure& figure : task.figures[run]) {
      row[fmt::format("{},{}", figure.metric, figure.filter)] = number_or_none(figure.value);
      row[fmt::format("{}_stderr,{}", figure.metric, figure.filter)] = number_or_none(figure.standard_error);
    }
    row["sample_len"] = task.documents.size();
    versions[task.info->name] = task.info->version;
    shots[task.info->name] = task.shots;
    samples[task.info->name] = {{"original", task.all_documents}, {"effective", task.documents.size()}};
  }
  ordered_json out = {{"results", results}};
  if (!groups.empty()) out["groups"] = groups;
  out["versions"] = versions;
  out["n-shot"] = shots;
  out["n-samples"] = samples;
  return out;
}

nlohmann::json chat_plan(const EvalChat& chat) {
  const EvalChatSettings& settings = chat.settings();
  return {{"template_sha256", chat.used() ? chat.used()->sha256() : ""},
          {"applied", settings.apply},
          {"fewshot_as_multiturn", settings.apply && settings.multiturn.value_or(true)},
          {"system_instruction", settings.system},
          {"tools", chat.tools_shown()},
          {"notes", chat.notes()}};
}

void add_chat_results(const EvalChat& chat, ordered_json& results) {
  const EvalChatSettings& settings = chat.settings();
  const auto text = [](const std::string& value) { return value.empty() ? ordered_json() : ordered_json(value); };
  const auto hash = [](const std::string& value) {
    return value.empty() ? ordered_json() : ordered_json(sha256_hex(value));
  };
  results["system_instruction"] = text(settings.system);
  results["system_instruction_sha"] = hash(settings.system);
  results["fewshot_as_multiturn"] = settings.apply ? ordered_json(settings.multiturn.value_or(true)) : ordered_json();
  results["chat_template"] = chat.used() ? ordered_json(chat.used()->source()) : ordered_json();
  results["chat_template_sha"] = chat.used() ? ordered_json(chat.used()->sha256()) : ordered_json();
}

std::string figure_table(const EvalCommandOptions& options, const std::vector<TaskRun>& tasks) {
  Table table{.header = {"task", "shots", "n", "filter", "metric", "value +- standard error"}, .rows = {}};
  for (const GroupFigure& group : group_figures(options, tasks, 0))
    table.add({group.name, "", "", "none", group.metric, plus_minus(group.value, group.standard_error)});
  for (const TaskRun& task : tasks)
    for (const EvalFigure& figure : task.figures[0])
      table.add({task.info->name, fmt::format("{}", task.shots), fmt::format("{}", task.documents.size()),
                 figure.filter, figure.metric, plus_minus(figure.value, figure.standard_error)});
  return text_table(table);
}

}  // namespace fp8bench
