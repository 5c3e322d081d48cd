// One task as data: what a task file of lm-eval says, and the machine that makes prompts, samples and figures of it
// (api/task.py, ConfigurableTask). The task families only fill in the fields.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/eval/shots.h"
#include "datasets/eval/text_filters.h"
#include "datasets/evaluation.h"

namespace fp8bench {

enum class OutputType { kMultipleChoice, kLogLikelihood, kRolling, kGenerateUntil };

enum class Aggregation { kMean, kPerplexity, kWeightedPerplexity, kBitsPerByte };

struct TaskMetric {
  std::string name;
  Aggregation aggregation = Aggregation::kMean;
  bool higher_is_better = true;
};

struct TaskFilter {
  std::string name = "none";
  std::shared_ptr<const TextRegex> extract;  // null: the answer as it is
  bool last = false;                         // the last match, not the first
};

struct TaskSpec {
  using Doc = nlohmann::ordered_json;
  OutputType output = OutputType::kMultipleChoice;
  std::function<std::vector<Doc>(const std::string&data)> documents, shots;  // shots: the pool; throw DatasetError
  std::string shots_from;                                                    // names the pool in errors
  ShotOrder shot_order = ShotOrder::kRandom;
  bool exclude_document = false;  // the document itself is never one of its shots
  int64_t default_shots = 0;
  bool fixed_shots = false;  // lm-eval ignores --num_fewshot: the prompt has its own examples
  std::string description;
  std::string target_delimiter = " ", fewshot_delimiter = "\n\n";

  std::function<std::string(const Doc&)> text;                  // the question
  std::function<std::vector<std::string>(const Doc&)> choices;  // multiple choice
  std::function<Doc(const Doc&)> target;                        // an index into choices, or the answer's text
  std::function<int64_t(const Doc&)> chosen_input;  // the choices are the contexts, the target follows each; this one
                                                    // is right (WinoGrande)

  std::vector<std::string> until;  // generate
  Doc settings;                    // generate: generation_kwargs
  std::vector<TaskFilter> filters = {{}};
  std::vector<TaskMetric> metrics;
  std::shared_ptr<const ExactMatch> exact;  // generate: exact_match against the target

  // Takes the place of the output type's own per-item metrics: name -> number or [nats, count].
  std::function<Doc(const Doc& doc, std::span<const Response> responses)> process;
};

std::unique_ptr<EvalTask> make_configured_task(TaskSpec spec);

}  // namespace fp8bench
