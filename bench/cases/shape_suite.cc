#include "bench/cases/shape_suite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "bench/cases/case_report.h"
#include "bench/cases/row_options.h"
#include "bench/cases/shape_file.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

struct Options {
  std::string suite, shapes, mode;
  RowOptions rows;
};

int run(const Options& options, const CommonOptions& common) {
  require_writable_outputs(options.rows, common);
  std::vector<CaseSpec> cases = load_shapes(options.shapes);
  if (!options.mode.empty()) override_axis(cases, "mode", options.mode, "--mode");
  const Environment environment = read_environment();
  const RunResult result = run_cases(cases, runner_options(options.suite, "", options.rows, common), environment);
  if (result.only_listed) return kExitPass;
  const Record record = case_record(options.suite, result, environment, common.seed, common.command_line);
  if (!result.printed) {
    const std::string text = fmt::format("fp8bench --suite {}\n{}{}{:.1f} s\n", options.suite,
                                         text_table(case_table(record.run)), case_notes(record.run), result.seconds);
    std::fputs(text.c_str(), stdout);
  }
  if (!common.json.empty()) write_record(common.json, record);
  if (!options.rows.markdown.empty())
    write_file_atomically(options.rows.markdown,
                          fmt::format("# fp8bench --suite {}\n\n{}\n{}", options.suite,
                                      markdown_table(case_table(record.run)), case_notes(record.run)));
  return exit_code(result);
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
  app.add_option("--mode", options->mode,
                 "what the caches hold when a sample begins, for every case; default: what its line says")
      ->check(CLI::IsMember({"rotate", "hot", "cold"}))
      ->type_name("NAME");
  add_row_options(app, options->rows);
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
