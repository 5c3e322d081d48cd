#include "harness/checkpoint/audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "harness/checkpoint/audit_checks.h"
#include "harness/checkpoint/row_reader.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr size_t kFindingsKept = 5;
constexpr size_t kUnexplainedKept = 20;

void read_config(AuditContext& context) {
  const std::string where = context.checkpoint.description() + "/config.json";
  if (context.checkpoint.config_text().empty()) {
    context.config_error = where + ": missing";
  } else {
    try {
      context.config = parse_python_json(context.checkpoint.config_text(), where);
    } catch (const InputError& error) {
      context.config_error = error.what();
    }
  }
  const PyJson* quantization = context.quantization();
  const PyJson* ignore = quantization == nullptr ? nullptr : quantization->find("ignore");
  const PyJson* type = context.config.find("model_type");
  context.ignore = default_ignore_list(type != nullptr ? type->text : "");
  if (ignore != nullptr && ignore->kind == PyJson::Kind::kArray) {
    context.ignore.clear();
    for (const PyJson& entry : ignore->items) context.ignore.push_back(entry.text);
  }
}

// The list, and every targeted weight that is no linear layer: a list of resolved module names need not name those.
std::vector<std::string> ignoring_nonlinear(const TensorSource& source, const AuditContext& context) {
  constexpr std::string_view kParameter = ".weight";
  std::vector<std::string> ignore = context.ignore;
  for (const TensorInfo& tensor : source.tensors())
    for (const SplitTensor& split : split_fused_experts(tensor))
      if (split.shape.size() != 2 && split.name.ends_with(kParameter) && is_targeted(split.name, *context.patterns))
        ignore.push_back(split.name.substr(0, split.name.size() - kParameter.size()));
  return ignore;
}

// The plan by the checkpoint's own ignore list; by the default one only where its own can make nothing of the source.
// Whatever the plan, the checkpoint's own patterns say what it promises (S2).
void plan_source(AuditContext& context, const std::vector<std::string>& fallback) {
  std::string first_error;
  try {
    context.plan = plan_fp8(*context.source, context.ignore);
    return;
  } catch (const InputError& error) {
    first_error = error.what();
  }
  try {
    context.plan = plan_fp8(*context.source, ignoring_nonlinear(*context.source, context));
    context.recipe_error = fmt::format("its own ignore list fits linear layers only: {}", first_error);
  } catch (const InputError&) {
    context.recipe_error =
        fmt::format("its own ignore list cannot have made it, compared with the default one: {}", first_error);
    context.plan = plan_fp8(*context.source, fallback);
  }
}

void plan_recipe(AuditContext& context) {
  const PyJson* type = context.config.find("model_type");
  const auto fallback = default_ignore_list(type != nullptr ? type->text : "");
  try {
    context.patterns = std::make_unique<ModulePatterns>(context.ignore);
  } catch (const InputError&) {  // no regular expression: S11 fails by it
    context.ignore = fallback;
    context.patterns = std::make_unique<ModulePatterns>(fallback);
  }
  if (context.source != nullptr) plan_source(context, fallback);
  for (const PlannedTensor& tensor : context.plan) context.planned[tensor.info.name] = &tensor;
}

std::string hash_tensor(const TensorSource& checkpoint, const TensorInfo& tensor) {
  Sha256 hash;
  RowReader reader;
  const int64_t step = rows_per_piece(tensor);
  for (int64_t row = 0; row < tensor.rows() && tensor.bytes() > 0; row += step) {
    const int64_t end = std::min(row + step, tensor.rows());
    hash.update(reader.rows(checkpoint, tensor, row, end));
    checkpoint.release(tensor, row, end);
  }
  return hash.hex();
}

void hash_tensors(AuditContext& context) {
  const auto& tensors = context.checkpoint.tensors();
  context.manifest.resize(tensors.size());
  parallel_for(static_cast<int64_t>(tensors.size()), 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
      context.manifest[i] = {tensors[i].name, std::string(dtype_name(tensors[i].dtype)),
                             fmt::format("[{}]", fmt::join(tensors[i].shape, ", ")),
                             hash_tensor(context.checkpoint, tensors[i])};
  });
}

void add_coverage(const TensorSource& checkpoint, AuditReport& report) {
  for (const TensorInfo& tensor : checkpoint.tensors()) {
    Coverage& coverage = report.coverage[classify_tensor(tensor.name)];
    const bool scale = tensor.name.ends_with("weight_scale");
    // A scale is no parameter of the model, but its bytes count.
    const std::string dtype = std::string(dtype_name(tensor.dtype)) + (scale ? " scale" : "");
    coverage.bytes_by_dtype[dtype] += tensor.bytes();
    report.total_bytes += tensor.bytes();
    ++report.tensors;
    if (scale) continue;
    coverage.parameters_by_dtype[dtype] += tensor.elements();
    report.parameters += tensor.elements();
    if (tensor.dtype != DType::kF8E4M3) continue;
    report.fp8_bytes += tensor.bytes();
    report.fp8_parameters += tensor.elements();
  }
}

void add_derivations(const AuditContext& context, AuditReport& report) {
  if (context.source == nullptr) return;
  for (const TensorFacts& facts : context.facts) {
    const Derivation derivation = derivation_of(facts);
    ++report.derivations[derivation];
    if (context.options.allowed.contains(derivation)) continue;
    report.derivations_allowed = false;
    if (report.unexplained.size() == kUnexplainedKept) report.unexplained.push_back("...");
    if (report.unexplained.size() > kUnexplainedKept) continue;
    const Comparison& comparison = facts.comparison;
    report.unexplained.push_back(fmt::format("{}: {}: {}", facts.tensor->name, derivation_name(derivation),
                                             comparison.compared ? comparison.differing.first : comparison.reason));
  }
}

void run_checks(const AuditContext& context, std::span<const Check> checks, AuditReport& report) {
  for (const Check& check : checks) {
    CheckResult result{check.id, check.title, check.judged ? CheckStatus::kPass : CheckStatus::kReported, 0, 0, {}};
    Findings findings(result);
    check.run(context, findings);
    report.checks.push_back(std::move(result));
  }
}

std::string verdict_of(const AuditReport& report) {
  int64_t passed = 0, not_run = 0;
  std::vector<std::string> failed;
  for (const CheckResult& check : report.checks) {
    if (check.status == CheckStatus::kFail) failed.push_back(check.id);
    passed += check.status == CheckStatus::kPass;
    not_run += check.status == CheckStatus::kNotRun;
  }
  std::string derivation = "derivation not checked (no source)";
  if (report.has_source) {
    std::vector<std::string> parts;
    for (const auto& [kind, count] : report.derivations)
      parts.push_back(fmt::format("{} {}", count, derivation_name(kind)));
    derivation = fmt::format("{}", fmt::join(parts, ", "));
  }
  const std::string checks = failed.empty() ? fmt::format("{} checks passed, {} not run", passed, not_run)
                                            : fmt::format("{} failed", fmt::join(failed, ", "));
  return fmt::format("{}: {}; {} tensors: {}", report.passed() ? "PASS" : "FAIL", checks, report.tensors, derivation);
}

}  // namespace

const PyJson* AuditContext::text_setting(const std::string& key) const {
  const PyJson* text = config.find("text_config");
  return text != nullptr ? text->find(key) : config.find(key);
}

int64_t AuditContext::integer_setting(const std::string& key, int64_t otherwise) const {
  const PyJson* value = text_setting(key);
  int64_t number = 0;
  if (value == nullptr || value->kind != PyJson::Kind::kNumber) return otherwise;
  const char* end = value->text.data() + value->text.size();
  const auto parsed = std::from_chars(value->text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end ? number : otherwise;
}

bool AuditContext::flag_setting(const std::string& key, bool otherwise) const {
  const PyJson* value = text_setting(key);
  return value == nullptr || value->kind == PyJson::Kind::kNull ? otherwise : value->kind == PyJson::Kind::kTrue;
}

void Findings::fail(const std::string& finding, int64_t count) {
  result_.status = CheckStatus::kFail;
  result_.failures += count;
  note(finding);
}

void Findings::note(const std::string& text) {
  if (result_.findings.size() < kFindingsKept) result_.findings.push_back(text);
}

void Findings::not_run(const std::string& why) {
  result_.status = CheckStatus::kNotRun;
  note(why);
}

bool AuditReport::passed() const {
  return derivations_allowed && std::none_of(checks.begin(), checks.end(), [](const CheckResult& check) {
           return check.status == CheckStatus::kFail;
         });
}

AuditReport audit_checkpoint(const TensorSource& checkpoint, const TensorSource* source, const AuditOptions& options) {
  AuditContext context{checkpoint, source, options, {}, {}, {}, nullptr, {}, {}, {}, {}, {}};
  read_config(context);
  plan_recipe(context);
  context.facts = scan_checkpoint({checkpoint, source, context.planned});
  if (options.hash_tensors) hash_tensors(context);

  AuditReport report;
  report.has_source = source != nullptr;
  run_checks(context, structure_checks(), report);
  run_checks(context, integrity_checks(), report);
  add_coverage(checkpoint, report);
  add_derivations(context, report);
  report.manifest = std::move(context.manifest);
  report.verdict = verdict_of(report);
  return report;
}

}  // namespace fp8bench
