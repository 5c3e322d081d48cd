// The makers of eval_tasks(), one file per family of tasks.
#pragma once
#include <memory>

#include "datasets/eval/eval_tasks.h"

namespace fp8bench {

std::unique_ptr<EvalTask> make_arc(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_bfcl(const EvalTaskInfo& info);  // datasets/bfcl
std::unique_ptr<EvalTask> make_boolq(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_gsm8k(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_hellaswag(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_hellaswag_preprocessed(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_ifeval(const EvalTaskInfo& info);  // datasets/ifeval
std::unique_ptr<EvalTask> make_lambada(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_math500(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_mmlu(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_piqa(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_truthfulqa(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_wikitext(const EvalTaskInfo& info);
std::unique_ptr<EvalTask> make_winogrande(const EvalTaskInfo& info);

}  // namespace fp8bench
