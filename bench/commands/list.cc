// `fp8bench list [KIND]`: what there is to choose from, read from the tables that everything else uses.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "bench/cases/cases.h"
#include "bench/cases/named_shapes.h"
#include "bench/commands/command.h"
#include "bench/suites/suite.h"
#include "datasets/eval/eval_tasks.h"
#include "datasets/registry.h"
#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/faults.h"
#include "harness/checkpoint/quant_scheme.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "kernels/device/devices.h"
#include "kernels/isa.h"
#include "kernels/registry.h"

namespace fp8bench {
namespace {

struct Entry {
  std::string name, about;
  std::string status = {};                // whether it can be used here; "": it can
  std::vector<std::string> missing = {};  // files below the data folder
};

struct Kind {
  const char* name;
  const char* about;
  std::vector<Entry> (*entries)(const std::string& data);
};

std::vector<Entry> list_suites(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const Suite& suite : suites()) entries.push_back({suite.name, suite.summary});
  return entries;
}

std::vector<Entry> list_ops(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const Op* op : ops()) {
    std::string axes;
    for (const Axis& axis : op->axes)
      axes += fmt::format(" {}={}", axis.name, axis.kind == Axis::Kind::kCount ? "N" : axis.choices);
    entries.push_back({std::string(op->name), fmt::format("{};{}", op->summary, axes)});
  }
  return entries;
}

std::vector<Entry> list_shapes(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const auto& [name, about] : list_named_shapes()) entries.push_back({name, about});
  return entries;
}

std::vector<Entry> list_kernels(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const KernelInfo& kernel : kernels()) entries.push_back({std::string(kernel.name), std::string(kernel.summary)});
  return entries;
}

// Whether a task, or every task of a group, finds its files below the data folder.
Entry task_entry(const std::string& name, const std::string& about, const std::string& data) {
  Entry entry{name, about, "", {}};
  std::vector<std::string> shot_files;
  for (const std::string& task : tasks_of(name)) {
    const EvalTaskInfo& info = *find_eval_task(task);
    for (std::string& file : missing_files(info, data, false)) entry.missing.push_back(std::move(file));
    for (std::string& file : missing_files(info, data, true)) shot_files.push_back(std::move(file));
  }
  const auto several = [](const std::vector<std::string>& files) {
    return files.size() < 3 ? fmt::format("{}", fmt::join(files, ", "))
                            : fmt::format("{} and {} more", files.front(), files.size() - 1);
  };
  if (data.empty()) {
    entry.status = "needs --data or FP8BENCH_DATA";
  } else if (!entry.missing.empty()) {
    entry.status = fmt::format("missing {}", several(entry.missing));
  } else {
    entry.status =
        shot_files.empty() ? "ready" : fmt::format("ready without shots, which miss {}", several(shot_files));
    entry.missing = std::move(shot_files);
  }
  return entry;
}

std::vector<Entry> list_tasks(const std::string& data) {
  std::vector<Entry> entries;
  for (const BundledTask& task : bundled_tasks())
    entries.push_back({fmt::format("{}/{}", task.set, task.name), std::string(task.about), "ready", {}});
  for (const EvalTaskInfo& task : eval_tasks()) entries.push_back(task_entry(task.name, task.about, data));
  for (const EvalGroup& group : eval_groups())
    entries.push_back(task_entry(
        group.name,
        fmt::format("group of {}",
                    fmt::join(group.members.begin(),
                              group.members.begin() + std::min<int>(4, static_cast<int>(group.members.size())), ", ")),
        data));
  return entries;
}

std::vector<Entry> list_architectures(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const Architecture* architecture : architectures())
    entries.push_back({std::string(architecture->name), fmt::format("{} (model_type {})", architecture->summary,
                                                                    fmt::join(architecture->model_types, ", "))});
  return entries;
}

std::vector<Entry> list_schemes(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const QuantSchemeInfo& scheme : quant_schemes())
    entries.push_back({std::string(scheme.name), std::string(scheme.summary)});
  return entries;
}

std::vector<Entry> list_faults(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const Fault& fault : faults())
    entries.push_back(
        {std::string(fault.name), fmt::format("{}: {} ({})", fault.kind == FaultKind::kEngine ? "engine" : "checkpoint",
                                              fault.what, fault.origin)});
  return entries;
}

std::vector<Entry> list_devices(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const Device& device : devices())
    entries.push_back({device.id, fmt::format("{}, {}, {:.1f} GiB of memory", device.name, device.capability,
                                              static_cast<double>(device.memory_bytes) / (1 << 30))});
  return entries;
}

std::vector<Entry> list_isas(const std::string& /*data*/) {
  std::vector<Entry> entries;
  for (const Isa isa : supported_isas())
    entries.push_back({std::string(isa_name(isa)),
                       fmt::format("{}{}", isa == active_isa() ? "in use" : "supported here",
                                   canonical_isa(isa) == isa ? ""
                                                             : fmt::format(", policy native only: f32 and bf16 run {}",
                                                                           isa_name(canonical_isa(isa))))});
  return entries;
}

constexpr std::array kKinds = {
    Kind{"suites", "fp8bench --suite NAME", list_suites},
    Kind{"ops", "op= of a case, with its axes", list_ops},
    Kind{"shapes", "shape= of a case; files of cases: bench/shapes", list_shapes},
    Kind{"kernels", "operations and their variants", list_kernels},
    Kind{"tasks", "what accuracy is measured on, and whether its data is there", list_tasks},
    Kind{"architectures", "models that the engine runs, by config.json's model_type", list_architectures},
    Kind{"schemes", "checkpoint formats that can be loaded", list_schemes},
    Kind{"faults", "fp8bench --suite moe --fault NAME", list_faults},
    Kind{"devices", "--device", list_devices},
    Kind{"isas", "--isa or FP8BENCH_ISA", list_isas},
};

void print_all(const std::string& data) {
  for (const Kind& kind : kKinds) {
    fmt::print("{} ({})\n", kind.name, kind.about);
    const std::vector<Entry> entries = kind.entries(data);
    size_t width = 0;
    for (const Entry& entry : entries) width = std::max(width, entry.name.size());
    for (const Entry& entry : entries)
      fmt::print("  {:<{}}  {}{}{}\n", entry.name, width, entry.about, entry.status.empty() ? "" : "; ", entry.status);
    fmt::print("\n");
  }
}

void write_json(const std::string& file, const std::string& only, const std::string& data) {
  nlohmann::json lists = nlohmann::json::object();
  for (const Kind& kind : kKinds) {
    if (!only.empty() && only != kind.name) continue;
    nlohmann::json& list = lists[kind.name] = nlohmann::json::array();
    for (const Entry& entry : kind.entries(data)) {
      list.push_back({{"name", entry.name}, {"about", entry.about}});
      if (!entry.status.empty()) list.back().update({{"status", entry.status}, {"missing", entry.missing}});
    }
  }
  write_file_atomically(file, lists.dump(2) + "\n");
}

int run_list(const std::string& wanted, const CommonOptions& common) {
  if (!common.json.empty()) write_json(common.json, wanted, common.data);
  if (wanted.empty()) {
    print_all(common.data);
    return kExitPass;
  }
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return wanted == k.name; });
  for (const Entry& entry : kind->entries(common.data))
    fmt::print("{}{}{}\n", entry.name, entry.status.empty() ? "" : "  ", entry.status);
  return kExitPass;
}

}  // namespace

std::function<int()> add_list_command(CLI::App& app, const CommonOptions& common) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  const auto wanted = std::make_shared<std::string>();
  app.add_option(
         "KIND", *wanted,
         fmt::format("one of {}: its names, one a line, tasks with what they lack (default: everything, explained)",
                     fmt::join(names, ", ")))
      ->check(CLI::IsMember(names))
      ->type_name("");
  return [wanted, &common] { return run_list(*wanted, common); };
}

}  // namespace fp8bench
