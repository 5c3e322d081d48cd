// `fp8bench calibrate`: the ceilings of this machine, each its own microbenchmark; what every other table is held to.
#include <fmt/core.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "bench/commands/command.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/datasheet.h"
#include "harness/measure/environment.h"
#include "harness/measure/environment_json.h"
#include "harness/report/progress.h"
#include "harness/report/record.h"
#include "harness/report/table.h"

namespace fp8bench {
namespace {

constexpr const char* kNotHere = "n/a";

const Ceiling* find(const Ceilings& ceilings, const std::string& name) {
  for (const Ceiling& figure : ceilings.all)
    if (figure.name == name) return &figure;
  return nullptr;
}

// "read.l2.one" -> "read.l2"
std::string without_threads(const std::string& name) { return name.substr(0, name.rfind('.')); }

std::string figure_text(const Ceiling* figure) {
  return figure == nullptr ? kNotHere : fmt::format("{:.4g}", figure->value);
}

std::string spread_text(const Ceiling* figure) {
  return figure == nullptr ? "" : fmt::format("{:.1f} %", 100 * figure->spread);
}

// One row a microbenchmark, one thread beside all of them; what this machine does not have stays visible.
Table ceiling_table(const Ceilings& measured, const Ceilings& kept, int threads, const std::string& only) {
  Table table{{"ceiling", "unit", "1 thread", "spread", fmt::format("{} threads", threads), "spread", "best ever, all",
               "a cycle, 1 thread", "of datasheet"},
              {}};
  const double clock = kept.value("clock.one");
  for (const std::string& name : ceiling_names()) {
    if (!name.ends_with(".one")) continue;
    const std::string stem = without_threads(name);
    if ((stem + ".one").find(only) == std::string::npos && (stem + ".all").find(only) == std::string::npos) continue;
    const Ceiling *one = find(measured, name), *all = find(measured, stem + ".all");
    const Ceiling* ever = find(kept, stem + ".all");
    const bool bandwidth = one != nullptr && one->unit == "GB/s";
    std::string cycle, theory = kNotHere;  // most units have no published rate
    if (one != nullptr && clock > 0.0 && stem != "clock")
      cycle = fmt::format("{:.4g} {}", one->value / clock, bandwidth ? "B" : "flop");
    if (one != nullptr)
      if (const std::optional<double> peak = theoretical_gflop_s(stem, clock, 1))
        theory = fmt::format("{:.1f} %", 100 * one->value / *peak);
    table.add({stem, one == nullptr ? "" : one->unit, figure_text(one), spread_text(one),
               stem == "clock" ? "" : figure_text(all), spread_text(all), stem == "clock" ? "" : figure_text(ever),
               cycle, theory});
  }
  return table;
}

std::string machine_lines(const Environment& e, const std::optional<double>& steal) {
  const HostState& host = e.host;
  return fmt::format("{}, {} threads, {}; L1 {} KiB, L2 {} KiB a core, L3 {} x {} MiB; {}; key {}\n", e.cpu,
                     e.logical_cpus, e.isa, e.cache_l1_bytes >> 10, e.cache_l2_bytes >> 10, e.l3_count,
                     e.cache_l3_bytes >> 20, e.kernel, e.machine_key) +
         fmt::format(
             "pinned {}; governor {}; turbo {}; threads a core {}; NUMA nodes {}; virtualization {}; load {}; steal "
             "{}\n",
             host.pinned, host.governor, host.turbo, host.smt, host.numa_nodes, host.virtualization, host.load_average,
             steal ? fmt::format("{:.2f} %", 100 * *steal) : kNotHere);
}

int run_calibrate(const std::string& only, const CommonOptions& common) {
  const int64_t total = calibration_steps(only);
  if (total == 0)
    throw InputError(fmt::format("--only {}: no ceiling has this in its name, as read.memory.all has", only));

  if (!common.json.empty()) require_writable(common.json);
  const Environment environment = read_environment();
  const std::optional<ProcessorTimes> before = read_processor_times();
  Ceilings measured;
  {
    Progress progress("calibrate", common.quiet);
    int64_t done = 0;
    measured = calibrate(
        environment, [&](std::string_view name) { progress.update(done++, total, std::string(name)); }, only);
  }
  const std::optional<double> steal = steal_share(before, read_processor_times());
  const Ceilings kept = remember_ceilings(environment, measured);

  fmt::print("{}\n{}", machine_lines(environment, steal),
             text_table(ceiling_table(measured, kept, environment.logical_cpus, only)));
  fmt::print(
      "\nrows are held to: memory {:.1f} GB/s read, float32 {:.0f} GFLOP/s, policy native {:.0f} GFLOP/s\n"
      "best of the passes of this run; spread: how far their median is below it; best ever: with earlier runs, what\n"
      "tables are held to. GB = 1e9 bytes; a copy counts what it reads and what it writes; n/a: not on this machine.\n",
      kept.read_gb_s, kept.fma_gflop_s, kept.bf16_gflop_s);
  if (!common.json.empty()) {
    Record record;
    record.content = {{"command", "calibrate"}};
    record.run = {{"command", common.command_line},
                  {"machine", to_json(environment)},
                  {"measured", to_json(measured)},
                  {"kept", to_json(kept)},
                  {"held_to", held_to_json(kept)}};
    if (steal) record.run["steal_share"] = *steal;
    write_record(common.json, record);
  }
  return kExitPass;
}

}  // namespace

std::function<int()> add_calibrate_command(CLI::App& app, const CommonOptions& common) {
  const auto only = std::make_shared<std::string>();
  app.add_option("--only", *only, "only ceilings whose name contains this, e.g. read.memory (default: all of them)")
      ->type_name("TEXT");
  return [only, &common] { return run_calibrate(*only, common); };
}

}  // namespace fp8bench
