#include "bench/cases/row_options.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench {

void add_row_options(CLI::App& app, RowOptions& options) {
  app.add_option("--filter", options.filter, "only rows whose name matches; default: all")->type_name("REGEX");
  app.add_option("--min-time", options.seconds,
                 "sampling of one case in seconds, all its contenders together; default: 0.15 to 2, by their number")
      ->check(CLI::Range(0.001, 3600.0))
      ->type_name("SECONDS");
  app.add_option(
         "--fault", options.fault,
         "prove the instrument: a contender that computes nothing, or nothing once it was looked at; default: none")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kRowFaults), std::end(kRowFaults))))
      ->type_name("NAME");
  app.add_option("--markdown", options.markdown, "write the tables to this file as Markdown; default: none")
      ->type_name("FILE");
}

void require_writable_outputs(const RowOptions& options, const CommonOptions& common) {
  if (!common.json.empty()) require_writable(common.json);
  if (!options.markdown.empty()) require_writable(options.markdown);
}

RunnerOptions runner_options(const std::string& suite, const std::string& selection, const RowOptions& options,
                             const CommonOptions& common) {
  RunnerOptions runner;
  runner.suite = suite;
  runner.filter = options.filter;
  runner.seconds = options.seconds;
  runner.fault = options.fault;
  runner.benchmark_flags = common.benchmark_flags;
  runner.seed = common.seed;
  runner.quiet = common.quiet;
  runner.command_prefix = fmt::format("fp8bench --suite {}{} --seed {} --threads {} --isa {}", suite, selection,
                                      common.seed, thread_count(), isa_name(active_isa()));
  return runner;
}

int exit_code(const RunResult& result) { return result.wrong || result.too_fast ? kExitInvalid : kExitPass; }

}  // namespace fp8bench
