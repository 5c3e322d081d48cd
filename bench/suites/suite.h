// A suite answers one question with one run: `fp8bench --suite NAME`. One file under bench/suites, one line in the
// table.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string_view>

#include "bench/commands/command.h"

namespace fp8bench {

struct Suite {
  const char* name;     // as on the command line and as the file is called: moe -> bench/suites/moe.cc
  const char* summary;  // one line
  // Adds the options of this suite alone to `app` and returns what to run; the return value is the exit code. Options
  // are owned by the closure.
  std::function<int()> (*add)(CLI::App& app, const CommonOptions& common);
  bool benchmark_flags;  // takes --benchmark_...: its rows run inside Google Benchmark
};

std::span<const Suite> suites();
const Suite* find_suite(std::string_view name);  // null if there is none

// Defined one per file.
std::function<int()> add_moe_suite(CLI::App& app, const CommonOptions& common);
std::function<int()> add_kernels_suite(CLI::App& app, const CommonOptions& common);
std::function<int()> add_dense_suite(CLI::App& app, const CommonOptions& common);
std::function<int()> add_attention_suite(CLI::App& app, const CommonOptions& common);
std::function<int()> add_e2e_suite(CLI::App& app, const CommonOptions& common);
std::function<int()> add_attribution_suite(CLI::App& app, const CommonOptions& common);
std::function<int()> add_faults_suite(CLI::App& app, const CommonOptions& common);

}  // namespace fp8bench
