// fp8bench --suite e2e: what the kernels add up to. Prefill and decoding as llama-bench prints them (pp, tg), both
// checkpoints interleaved, in the three numeric policies; the divergence of both in lock-step; how far policies are
// apart.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "bench/cases/case_report.h"
#include "bench/cases/engine_report.h"
#include "bench/cases/model_pool.h"
#include "bench/cases/row_options.h"
#include "bench/cases/shape_file.h"
#include "bench/suites/suite.h"
#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

// Two layers at true shapes.
constexpr const char* kStandard = "synth:gemma-4-26b-a4b?layers=2";
constexpr int64_t kStandardMemory = int64_t{16} << 30;  // what both sides of it and their loading need, with room

struct Options {
  std::string bf16, fp8, shapes, kv = "f32";
  int64_t pp = 512, tg = 32, depth = 0;
  std::vector<std::string> policies = {"f32", "bf16", "native"};
  RowOptions rows;
};

std::vector<CaseSpec> cases_of(const Options& options) {
  if (!options.shapes.empty()) return load_shapes(options.shapes);
  const std::string rest = fmt::format("kv={} policy={}", options.kv, fmt::join(options.policies, ","));
  std::string text;
  if (options.pp > 0) text += fmt::format("op=pp tokens={} depth={} {}\n", options.pp, options.depth, rest);
  if (options.tg > 0) text += fmt::format("op=tg tokens={} depth={} {}\n", options.tg, options.depth, rest);
  text += fmt::format("op=divergence kv={} policy={}\n", options.kv, options.policies.front());
  return parse_shapes(text, "--suite e2e");
}

std::string standard_checkpoint(const Environment& environment) {
  if (environment.memory_bytes >= kStandardMemory) return kStandard;
  return (bundled_path() / "checkpoint").string();
}

int run(const Options& options, const CommonOptions& common) {
  require_writable_outputs(options.rows, common);
  const std::vector<CaseSpec> cases = cases_of(options);
  const Environment environment = read_environment();
  ModelPool models(options.bf16.empty() ? standard_checkpoint(environment) : options.bf16, options.fp8);
  const std::string fp8 = options.fp8.empty() ? "" : fmt::format(" --fp8 '{}'", options.fp8);
  RunnerOptions runner =
      runner_options("e2e", fmt::format(" --bf16 '{}'{}", models.spec(false), fp8), options.rows, common);
  runner.models = &models;
  const RunResult result = run_cases(cases, runner, environment);
  if (result.only_listed) return kExitPass;
  Record record = case_record("e2e", result, environment, common.seed, common.command_line);
  add_engine_figures(record, models, result);
  if (options.rows.filter.empty() && options.shapes.empty() && options.policies.size() > 1)
    record.run["policies"] = policy_distances(models, options.policies, common.seed);
  const std::string notes = engine_notes(record.run) + case_notes(record.run);
  if (!result.printed) {
    std::string text = "fp8bench --suite e2e\n" + text_table(engine_table(record.run));
    if (record.run.contains("policies")) text += "\n" + text_table(policy_table(record.run));
    fmt::print("{}{}{:.1f} s\n", text, notes, result.seconds);
    std::fflush(stdout);
  }
  if (!common.json.empty()) write_record(common.json, record);
  if (!options.rows.markdown.empty()) {
    std::string text = "# fp8bench --suite e2e\n\n" + markdown_table(engine_table(record.run));
    if (record.run.contains("policies")) text += "\n" + markdown_table(policy_table(record.run));
    write_file_atomically(options.rows.markdown, text + "\n" + notes);
  }
  return exit_code(result);
}

}  // namespace

std::function<int()> add_e2e_suite(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  app.add_option("--bf16", options->bf16,
                 fmt::format("BF16 checkpoint: a folder or synth:...; default: {}, or the bundled one with less than "
                             "16 GB of memory",
                             kStandard));
  app.add_option("--fp8", options->fp8, "FP8 checkpoint; default: derived from the BF16 one on the fly")
      ->needs("--bf16");
  app.add_option("--pp", options->pp, "tokens of a prefill (0: none)")
      ->check(CLI::Range(0, 1 << 18))
      ->capture_default_str();
  app.add_option("--tg", options->tg, "tokens to decode (0: none)")
      ->check(CLI::Range(0, 1 << 18))
      ->capture_default_str();
  app.add_option("--depth", options->depth, "tokens in the cache before")
      ->check(CLI::Range(0, 1 << 18))
      ->capture_default_str();
  app.add_option("--policy", options->policies, "numeric policies, comma separated; default: f32,bf16,native")
      ->delimiter(',')
      ->check(CLI::IsMember({"f32", "bf16", "native"}));
  app.add_option("--kv", options->kv, "type of the KV cache")
      ->check(CLI::IsMember({"f32", "bf16", "fp8"}))
      ->capture_default_str();
  app.add_option("--shape", options->shapes, "cases instead: a file, or \"op=pp tokens=512 policy=f32\"")
      ->type_name("CASES");
  add_row_options(app, options->rows);
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
