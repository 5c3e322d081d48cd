// The visible table of suites and the options of the program itself.
#include "bench/suites/suite.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "bench/suites/moe.h"
#include "harness/checkpoint/faults.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

struct SuiteEntry {
  Suite suite;
  int (*run)(const MoeOptions& options, const CommonOptions& common);
};

constexpr std::array kSuites = {
    SuiteEntry{
        {"moe", "the main job: audit, MoE kernels, divergence, routing and tasks of a BF16 and an FP8 checkpoint"},
        run_moe},
};

std::vector<std::string> names_of(std::span<const Fault> table) {
  std::vector<std::string> names;
  for (const Fault& fault : table) names.emplace_back(fault.name);
  return names;
}

}  // namespace

std::span<const Suite> suites() {
  static const std::vector<Suite> kTable = [] {
    std::vector<Suite> table;
    for (const SuiteEntry& entry : kSuites) table.push_back(entry.suite);
    return table;
  }();
  return kTable;
}

std::function<int()> add_suite_options(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<MoeOptions>();
  auto name = std::make_shared<std::string>();
  std::vector<std::string> names;
  for (const Suite& suite : suites()) names.emplace_back(suite.name);
  CLI::Option* suite =
      app.add_option("--suite", *name, "suite to run; see `fp8bench list suites`")->check(CLI::IsMember(names));
  app.add_option("--bf16", options->bf16, "BF16 checkpoint: a folder, synth:..., default: the bundled nano checkpoint")
      ->needs(suite);
  app.add_option("--fp8", options->fp8,
                 "FP8 checkpoint: a folder or quantized:...; default: derived from the BF16 one on the fly")
      ->needs("--bf16");
  app.add_option("--fault", options->fault, "inject one fault of `fp8bench list faults`; default: none")
      ->needs(suite)
      ->check(CLI::IsMember(names_of(faults())));
  app.add_option(
         "--ids-file", options->ids_file,
         "token ids to score, one sequence a line; default: the bundled text, or seeded ids for other checkpoints")
      ->needs(suite);
  app.add_option("--sequences", options->seeded_sequences,
                 "seeded sequences when a checkpoint comes without text (count)")
      ->needs(suite)
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--length", options->seeded_length, "length of a seeded sequence (tokens)")
      ->needs(suite)
      ->check(CLI::Range(2, 262144))
      ->capture_default_str();
  app.add_option("--policy", options->policy, "numeric policy: f32 (canonical), bf16 or native")
      ->needs(suite)
      ->check(CLI::IsMember({"f32", "bf16", "native"}))
      ->capture_default_str();
  app.add_option("--stages", options->stages,
                 "stages to run, comma separated: checkpoint (always), kernels, quality, tasks; default: all")
      ->needs(suite)
      ->delimiter(',')
      ->check(CLI::IsMember({"checkpoint", "kernels", "quality", "tasks"}));
  app.add_option("--markdown", options->markdown, "write the tables to this file as Markdown; default: none")
      ->needs(suite);
  return [options, name, &common] {
    const auto* entry =
        std::find_if(kSuites.begin(), kSuites.end(), [&](const SuiteEntry& e) { return *name == e.suite.name; });
    if (entry == kSuites.end())
      throw InputError(fmt::format("--suite {}: expected one of `fp8bench list suites`", *name));
    return entry->run(*options, common);
  };
}

}  // namespace fp8bench
