// What every suite of measured rows can be told, and what it hands to the runner.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "bench/cases/runner.h"
#include "bench/commands/command.h"

namespace fp8bench {

struct RowOptions {
  std::string filter, fault, markdown;
  double seconds = 0.0;
};

// --filter, --min-time, --fault and --markdown.
void add_row_options(CLI::App& app, RowOptions& options);
// Minutes of work must not end in a file that cannot be written. Throws InputError.
void require_writable_outputs(const RowOptions& options, const CommonOptions& common);
// `selection`: what a repro line needs behind the suite's name, with a space in front; may be empty.
RunnerOptions runner_options(const std::string& suite, const std::string& selection, const RowOptions& options,
                             const CommonOptions& common);
int exit_code(const RunResult& result);  // kExitInvalid when a row is wrong or faster than the machine

}  // namespace fp8bench
