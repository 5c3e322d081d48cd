// fp8bench --suite faults: every fault of the registry x every detector, with the size at which it is just caught.
#include "bench/suites/faults.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "bench/comparison/sensitivity.h"
#include "bench/suites/suite.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

// 3, invalid: a fault that was not caught or was blamed on the wrong side, or a clean candidate that was caught. A
// checkpoint fault of a checkpoint without hashes is still the audit's to find.
int exit_of(const FaultRun& run, const nlohmann::json& content) {
  for (const auto& row : content.at("candidates")) {
    if (row.at("size") != 0.0) continue;
    if (row.at("blamed") != (row.at("kind") == "none" ? "nobody" : row.at("kind"))) return kExitInvalid;
  }
  for (const FaultCandidate& candidate : run.candidates)
    if (candidate.fault.empty() && candidate.caught()) return kExitInvalid;
  return kExitPass;
}

int run(const FaultOptions& options, const CommonOptions& common) {
  const auto start = std::chrono::steady_clock::now();
  if (!common.json.empty()) require_writable(common.json);
  if (!options.markdown.empty()) require_writable(options.markdown);
  Progress progress("faults", common.quiet);
  FaultRun run = plan_faults(options, common);
  if (options.record_sensitivity && (!run.pair.bundled || options.power_targets == 0 || !options.tasks))
    throw InputError("--record-sensitivity: needs the bundled checkpoint, --power-targets above 0 and the tasks");
  run_checkpoint_detectors(run, common, progress);
  run_output_detectors(run, progress);
  if (run.pair.bundled && options.tasks) run_task_detector(run, progress);
  const Record record =
      faults_record(run, common, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());

  const std::string head = fmt::format("BF16 {}, FP8 {}, {}", run.pair.bf16_name, run.pair.fp8_name, run.text.name);
  const Table table = fault_table(record.content), sizes = size_table(record.content);
  fmt::print("fp8bench --suite faults\n  {}\n{}\n{}{}{:.1f} s\n", head, text_table(table),
             sizes.rows.empty() ? "" : text_table(sizes) + "\n", fault_lines(record.content),
             record.run["seconds"].get<double>());
  if (!common.json.empty()) write_record(common.json, record);
  if (!options.markdown.empty())
    write_file_atomically(options.markdown,
                          fmt::format("# fp8bench --suite faults\n\n{}\n\n{}\n{}\n{}", head, markdown_table(table),
                                      sizes.rows.empty() ? "" : markdown_table(sizes), fault_lines(record.content)));
  if (options.record_sensitivity) record_sensitivity(record.content);
  return exit_of(run, record.content);
}

}  // namespace

std::function<int()> add_faults_suite(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<FaultOptions>();
  add_pair_options(app, options->checkpoints);
  add_text_options(app, options->text);
  std::vector<std::string> names;
  for (const Fault& fault : faults()) names.emplace_back(fault.name);
  app.add_option("--faults", options->faults, "faults to try, comma separated; default: all")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  app.add_option("--power-targets", options->power_targets,
                 "random experts for the smallest scale error found with 80 % power (0: none)")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_flag("!--no-sizes", options->sizes, "only as named, not by size");
  app.add_flag("!--no-tasks", options->tasks, "leave the bundled items out");
  app.add_flag("--record-sensitivity", options->record_sensitivity,
               "write what was found into datasets/nano/sensitivity.json, which every report states");
  app.add_option("--markdown", options->markdown, "write the tables to this file as Markdown; default: none");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
