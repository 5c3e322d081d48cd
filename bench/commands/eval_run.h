// What `fp8bench eval` has in hand: tasks, their documents, and what each checkpoint made of them.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "bench/commands/eval_chat.h"
#include "bench/commands/language_model.h"
#include "datasets/eval/eval_tasks.h"
#include "harness/score/evaluate.h"

namespace fp8bench {

struct EvalCommandOptions {
  std::string checkpoint, fp8, tokenizer, samples, results, resume;
  std::vector<std::string> tasks;
  int64_t limit = -1, num_fewshot = -1, max_length = 0;
  uint64_t fewshot_seed = 1234;
  std::string bos = "auto", policy = "f32", kv = "f32", softmax = "lm-eval";
  bool floor = false;
  uint64_t memory = uint64_t{2} << 30;
  std::string margin = "2pp", alpha = "0.05", power = "0.8";
  EvalChatSettings chat;
  std::vector<std::string> gen_kwargs;  // as given
};

struct TaskRun {
  const EvalTaskInfo* info = nullptr;
  std::unique_ptr<EvalTask> task;
  std::vector<EvalDocument> documents;
  int64_t all_documents = 0;  // without --limit
  int64_t shots = 0;
  // Per checkpoint:
  std::vector<std::vector<Response>> responses;               // of all requests, document by document
  std::vector<std::vector<std::vector<EvalSample>>> samples;  // [document][filter]
  std::vector<std::vector<EvalFigure>> figures;
};

// The tasks behind the names, documents and prompts made. Throws InputError: an unknown name, a file that is absent, no
// chat template where one is needed.
std::vector<TaskRun> load_tasks(const EvalCommandOptions& options, const std::string& data, const ChatOptions& chat);

// Several tasks under a name that was asked for, with a figure of their own.
struct GroupFigure {
  std::string name, metric;
  double version = 0;
  double value = 0, standard_error = 0;
};
std::vector<GroupFigure> group_figures(const EvalCommandOptions& options, const std::vector<TaskRun>& tasks,
                                       size_t run);

// Fills responses, samples and figures of every task.
void answer_tasks(std::vector<TaskRun>& tasks, const EvaluationSetup& setup, Journal& journal,
                  const std::function<void(const EvaluationProgress&)>& progress);

}  // namespace fp8bench
