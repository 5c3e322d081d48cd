// A suite answers one question with one run: `fp8bench --suite NAME`. One file under bench/suites, one line in the
// table.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <span>

#include "bench/commands/command.h"

namespace fp8bench {

struct Suite {
  const char* name;     // as on the command line and as the file is called: moe -> bench/suites/moe.cc
  const char* summary;  // one line
};

std::span<const Suite> suites();

// Adds --suite and the options of the suites (--bf16, --fp8, --fault, --markdown ...) to the program itself and returns
// what to run when --suite is given; the return value is the exit code. Options are owned by the closure.
std::function<int()> add_suite_options(CLI::App& app, const CommonOptions& common);

}  // namespace fp8bench
