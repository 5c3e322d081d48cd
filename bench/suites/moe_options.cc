// What the main job can be told.
#include <memory>
#include <vector>

#include "bench/suites/moe.h"
#include "bench/suites/suite.h"
#include "harness/checkpoint/faults.h"

namespace fp8bench {
namespace {

std::vector<std::string> names_of(std::span<const Fault> table) {
  std::vector<std::string> names;
  for (const Fault& fault : table) names.emplace_back(fault.name);
  return names;
}

}  // namespace

std::function<int()> add_moe_suite(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<MoeOptions>();
  add_pair_options(app, options->checkpoints);
  app.add_option("--fault", options->fault, "inject one fault of `fp8bench list faults`; default: none")
      ->check(CLI::IsMember(names_of(faults())));
  add_text_options(app, options->text);
  app.add_option("--policy", options->policy, "numeric policy: f32 (canonical), bf16 or native")
      ->check(CLI::IsMember({"f32", "bf16", "native"}))
      ->capture_default_str();
  app.add_option("--stages", options->stages,
                 "stages to run, comma separated: checkpoint (always), kernels, quality, tasks; default: all")
      ->delimiter(',')
      ->check(CLI::IsMember({"checkpoint", "kernels", "quality", "tasks"}));
  app.add_option("--markdown", options->markdown, "write the tables to this file as Markdown; default: none");
  return [options, &common] { return run_moe(*options, common); };
}

}  // namespace fp8bench
