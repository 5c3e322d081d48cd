// The command line of `fp8bench eval`.
#pragma once
#include "bench/commands/eval_run.h"

namespace fp8bench {

void add_eval_options(CLI::App& app, EvalCommandOptions& options);  // must outlive the app

}  // namespace fp8bench
