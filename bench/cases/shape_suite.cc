#include "bench/cases/shape_suite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <iterator>
#include <memory>
#include <vector>

#include "bench/cases/case_report.h"
#include "bench/cases/shape_file.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

struct Options {
  std::string suite, shapes, filter, mode, fault, markdown;
  double seconds = 0.0;
};

int run(const Options& options, const CommonOptions& common) {
  // Minutes of work must not end in a file that cannot be written.
  if (!common.json.empty()) require_writable(common.json);
  if (!options.markdown.empty()) require_writable(options.markdown);
  std::vector<CaseSpec> cases = load_shapes(options.shapes);
  if (!options.mode.empty()) override_axis(cases, "mode", options.mode, "--mode");
  const Environment environment = read_environment();
  RunnerOptions runner;
  runner.suite = options.suite;
  runner.filter = options.filter;
  runner.seconds = options.seconds;
  runner.fault = options.fault;
  runner.benchmark_flags = common.benchmark_flags;
  runner.seed = common.seed;
  runner.quiet = common.quiet;
  runner.command_prefix = fmt::format("fp8bench --suite {} --seed {} --threads {} --isa {}", options.suite, common.seed,
                                      thread_count(), isa_name(active_isa()));
  const RunResult result = run_cases(cases, runner, environment);
  if (result.only_listed) return kExitPass;
  const Record record = case_record(options.suite, result, environment, common.seed, common.command_line);
  if (!result.printed) {
    const std::string text = fmt::format("fp8bench --suite {}\n{}{}{:.1f} s\n", options.suite,
                                         text_table(case_table(record.run)), case_notes(record.run), result.seconds);
    std::fputs(text.c_str(), stdout);
  }
  if (!common.json.empty()) write_record(common.json, record);
  if (!options.markdown.empty())
    write_file_atomically(options.markdown,
                          fmt::format("# fp8bench --suite {}\n\n{}\n{}", options.suite,
                                      markdown_table(case_table(record.run)), case_notes(record.run)));
  return result.wrong || result.too_fast ? kExitInvalid : kExitPass;
}

}  // namespace

std::function<int()> add_shape_suite(CLI::App& app, const CommonOptions& common, const std::string& suite) {
  auto options = std::make_shared<Options>();
  options->suite = options->shapes = suite;
  app.add_option("--shape", options->shapes,
                 fmt::format("cases: a file, a bundled one ({}), or themselves: \"op=gemm n=4096 k=2816 tokens=1,8\" "
                             "(several: parted by ';')",
                             fmt::join(bundled_shapes(), ", ")))
      ->type_name("CASES")
      ->capture_default_str();
  app.add_option("--filter", options->filter, "only rows whose name matches; default: all")->type_name("REGEX");
  app.add_option("--mode", options->mode,
                 "what the caches hold when a sample begins, for every case; default: what its line says")
      ->check(CLI::IsMember({"rotate", "hot", "cold"}))
      ->type_name("NAME");
  app.add_option("--min-time", options->seconds,
                 "sampling of one case in seconds, all its contenders together; default: 0.15 to 2, by their number")
      ->check(CLI::Range(0.001, 3600.0))
      ->type_name("SECONDS");
  app.add_option(
         "--fault", options->fault,
         "prove the instrument: a contender that computes nothing, or nothing once it was looked at; default: none")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kRowFaults), std::end(kRowFaults))))
      ->type_name("NAME");
  app.add_option("--markdown", options->markdown, "write the table to this file as Markdown; default: none")
      ->type_name("FILE");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
