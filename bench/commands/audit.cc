// fp8bench audit CKPT [--source SRC]: is this the FP8_DYNAMIC checkpoint that it claims to be, and where did each
// tensor come from.
#include "harness/checkpoint/audit.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "harness/io/error.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

struct Options {
  std::string checkpoint, source;
  std::vector<std::string> allow;
  bool hash = false;
};

constexpr std::array kDerivations = {Derivation::kCopied, Derivation::kRederived, Derivation::kDirectF32,
                                     Derivation::kWithinUlp, Derivation::kUnexplained};

const char* status_name(CheckStatus status) {
  switch (status) {
    case CheckStatus::kPass:
      return "pass";
    case CheckStatus::kFail:
      return "FAIL";
    case CheckStatus::kNotRun:
      return "not run";
    case CheckStatus::kReported:
      return "reported";
  }
  return "";
}

AuditOptions parse_options(const Options& options) {
  AuditOptions parsed;
  parsed.hash_tensors = options.hash;
  for (const std::string& name : options.allow) {
    bool known = false;
    for (const Derivation derivation : kDerivations) {
      if (derivation_name(derivation) != name) continue;
      parsed.allowed.insert(derivation);
      known = true;
    }
    if (!known)
      throw InputError(fmt::format("--allow: expected direct-f32, within-ulp or unexplained, found '{}'", name));
  }
  return parsed;
}

void print_coverage(const AuditReport& report) {
  fmt::print("\n{:<16} {:<14} {:>16} {:>16}\n", "class", "dtype", "parameters", "bytes");
  for (const auto& [tensor_class, coverage] : report.coverage) {
    for (const auto& [dtype, bytes] : coverage.bytes_by_dtype) {
      const auto parameters = coverage.parameters_by_dtype.find(dtype);
      const std::string count =
          parameters == coverage.parameters_by_dtype.end() ? "-" : fmt::format("{}", parameters->second);
      fmt::print("{:<16} {:<14} {:>16} {:>16}\n", tensor_class_name(tensor_class), dtype, count, bytes);
    }
  }
  const double share = report.parameters > 0
                           ? 100.0 * static_cast<double>(report.fp8_parameters) / static_cast<double>(report.parameters)
                           : 0.0;
  fmt::print("{:<16} {:<14} {:>16} {:>16}   {:.2f} % of the parameters in F8_E4M3\n", "all", "", report.parameters,
             report.total_bytes, share);
}

void print_report(const AuditReport& report) {
  fmt::print("{:<4} {:<9} {:>12} {:>9}  {}\n", "", "status", "checked", "failures", "check");
  for (const CheckResult& check : report.checks) {
    fmt::print("{:<4} {:<9} {:>12} {:>9}  {}\n", check.id, status_name(check.status), check.checked, check.failures,
               check.title);
    for (const std::string& finding : check.findings) fmt::print("{:<38}  {}\n", "", finding);
  }
  print_coverage(report);
  if (report.has_source) {
    fmt::print("\nderivation");
    for (const Derivation derivation : kDerivations) {
      const auto count = report.derivations.find(derivation);
      fmt::print("  {} {}", derivation_name(derivation), count == report.derivations.end() ? 0 : count->second);
    }
    fmt::print("\n");
    for (const std::string& tensor : report.unexplained) fmt::print("  {}\n", tensor);
  }
  fmt::print("\n{}\n", report.verdict);
}

nlohmann::json coverage_json(const AuditReport& report) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [tensor_class, coverage] : report.coverage)
    json[tensor_class_name(tensor_class)] = {{"parameters", coverage.parameters_by_dtype},
                                             {"bytes", coverage.bytes_by_dtype}};
  return json;
}

nlohmann::json report_json(const AuditReport& report) {
  nlohmann::json checks = nlohmann::json::array(), manifest = nlohmann::json::array(),
                 derivations = nlohmann::json::object();
  for (const CheckResult& check : report.checks)
    checks.push_back({{"id", check.id},
                      {"title", check.title},
                      {"status", status_name(check.status)},
                      {"checked", check.checked},
                      {"failures", check.failures},
                      {"findings", check.findings}});
  for (const auto& [derivation, count] : report.derivations) derivations[derivation_name(derivation)] = count;
  for (const TensorDigest& digest : report.manifest)
    manifest.push_back(
        {{"name", digest.name}, {"dtype", digest.dtype}, {"shape", digest.shape}, {"sha256", digest.sha256}});
  return {{"passed", report.passed()},
          {"verdict", report.verdict},
          {"checks", checks},
          {"coverage", coverage_json(report)},
          {"derivations", derivations},
          {"not_allowed", report.unexplained},
          {"manifest", manifest},
          {"tensors", report.tensors},
          {"total_bytes", report.total_bytes},
          {"fp8_bytes", report.fp8_bytes},
          {"parameters", report.parameters},
          {"fp8_parameters", report.fp8_parameters}};
}

int run(const Options& options, const CommonOptions& common) {
  const AuditOptions parsed = parse_options(options);
  if (!common.json.empty()) require_writable(common.json);
  const TensorSourcePtr checkpoint = open_source(options.checkpoint);
  const TensorSourcePtr source = options.source.empty() ? nullptr : open_source(options.source);
  const auto started = std::chrono::steady_clock::now();
  const AuditReport report = audit_checkpoint(*checkpoint, source.get(), parsed);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  print_report(report);
  if (!common.quiet)
    fmt::print(stderr, "audit: {:.2f} s, {:.0f} MB/s of checkpoint\n", seconds,
               static_cast<double>(report.total_bytes) / 1e6 / seconds);
  if (!common.json.empty()) {
    nlohmann::json json = report_json(report);
    json["command"] = common.command_line;
    json["checkpoint"] = options.checkpoint;
    json["source"] = options.source;
    json["seconds"] = seconds;
    // A tensor's name may hold anything: never fail to write a report because of it.
    write_file_atomically(common.json, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  return report.passed() ? kExitPass : kExitInvalid;
}

}  // namespace

std::function<int()> add_audit_command(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  app.add_option("CKPT", options->checkpoint, "FP8 checkpoint: a folder, or quantized:SOURCE")->required();
  app.add_option("--source", options->source,
                 "the BF16 checkpoint it was made from: a folder or synth:...; adds the derivation of every tensor "
                 "(default: none)");
  app.add_option("--allow", options->allow,
                 "derivation that passes besides copied and re-derived: direct-f32, within-ulp or unexplained; "
                 "repeatable (default: none)")
      ->allow_extra_args(false);
  app.add_flag("--hash", options->hash, "sha256 of every tensor into the JSON report (default: off)");
  return [options, &common] { return run(*options, common); };
}

}  // namespace fp8bench
