// A subcommand of the program: one file under bench/commands, one line in the table of commands.cc.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace fp8bench {

// Options that every command has.
struct CommonOptions {
  int threads = 0;  // 0: every processor this process may use
  std::string isa;  // "" or a name of kernels/isa.h
  uint64_t seed = 1;
  std::string data;                          // --data or FP8BENCH_DATA: public evaluation data
  std::string json;                          // --json FILE: the record
  bool quiet = false;                        // no progress on stderr
  std::string command_line;                  // as typed, for the record
  std::vector<std::string> benchmark_flags;  // --benchmark_..., for Google Benchmark
};

struct Command {
  const char* name;
  const char* summary;  // one line
  // Adds options to `app` and returns what to run; the return value is the exit code. Options are owned by the closure.
  std::function<int()> (*add)(CLI::App& app, const CommonOptions& common);
};

std::span<const Command> commands();

// Defined one per file.
std::function<int()> add_quantize_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_audit_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_trace_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_tokenize_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_eval_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_generate_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_selftest_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_calibrate_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_list_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_plan_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_paired_command(CLI::App& app, const CommonOptions& common);
std::function<int()> add_table_command(CLI::App& app, const CommonOptions& common);

}  // namespace fp8bench
