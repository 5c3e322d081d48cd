// fp8bench selftest: is the engine itself sound? What every suite checks first, alone.
#include "harness/engine/selftest.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/commands/command.h"
#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

constexpr int64_t kSamples = 64;  // outputs of each product that are compared with their exact value

struct Options {
  std::string checkpoint;
  std::string fault;
  bool record = false;
};

void print(const SelfTestReport& report) {
  for (const SelfTestItem& item : report.items)
    fmt::print("{}  {:<44} {}\n", item.passed ? "pass" : "FAIL", item.name, item.detail);
}

void write_json(const std::string& path, const std::vector<SelfTestReport>& reports) {
  nlohmann::json items = nlohmann::json::array();
  double seconds = 0.0;
  for (const SelfTestReport& report : reports) {
    seconds += report.seconds;
    for (const SelfTestItem& item : report.items)
      items.push_back({{"name", item.name}, {"passed", item.passed}, {"detail", item.detail}});
  }
  write_file_atomically(path, nlohmann::json{{"items", items}, {"seconds", seconds}}.dump(2) + "\n");
}

int run(const Options& options, const CommonOptions& common) {
  const std::filesystem::path nano = bundled_path();
  if (options.record) {
    const CanonicalHashes hashes = record_canonical_hashes(nano);
    fmt::print("recorded {}: bf16 {}, fp8 {}, fp8 with fp8 KV cache {}\n", (nano / "canonical.json").string(),
               hashes.bf16, hashes.fp8, hashes.fp8_kv8);
    return kExitPass;
  }
  const EngineFault fault = engine_fault(options.fault);
  if (!options.fault.empty() && fault == EngineFault::kNone)
    throw InputError(fmt::format("--fault {}: not an engine fault; see fp8bench list faults", options.fault));
  std::vector<SelfTestReport> reports = {selftest_canonical(nano, fault)};
  const std::string bundled = (nano / "checkpoint").string();
  for (const std::string& spec :
       options.checkpoint.empty() ? std::vector{bundled, "quantized:" + bundled} : std::vector{options.checkpoint})
    reports.push_back(
        selftest_kernels(std::make_shared<const Model>(open_checkpoint(spec)), common.seed, kSamples, Policy::kNative));
  bool passed = true;
  double seconds = 0.0;
  for (const SelfTestReport& report : reports) {
    print(report);
    passed = passed && report.passed();
    seconds += report.seconds;
  }
  if (!common.json.empty()) write_json(common.json, reports);
  fmt::print("self-test {} in {:.2f} s\n", passed ? "passed" : "FAILED", seconds);
  return passed ? kExitPass : kExitInvalid;
}

}  // namespace

std::function<int()> add_selftest_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  app.add_option(
      "CKPT", options->checkpoint,
      "check the kernels at this checkpoint's shapes: a folder, synth:... or quantized:... (default: the bundled one)");
  app.add_option("--fault", options->fault, "inject an engine fault, which must make the self-test fail");
  app.add_flag("--record", options->record,
               "rewrite the bundled checkpoint's recorded hashes (after a deliberate change of its bits)");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
