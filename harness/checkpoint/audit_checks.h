// The table of named checks. A check reads the context and writes down what it looked at and what it found.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/checkpoint/audit.h"
#include "harness/checkpoint/audit_scan.h"
#include "harness/checkpoint/fp8_recipe.h"

namespace fp8bench {

struct AuditContext {
  const TensorSource& checkpoint;
  const TensorSource* source = nullptr;
  const AuditOptions& options;
  PyJson config;  // null when config.json is missing or no JSON; see config_error
  std::string config_error;
  std::vector<std::string> ignore;  // of the checkpoint, else the architecture's default
  std::unique_ptr<ModulePatterns> patterns;
  std::string recipe_error;         // why the checkpoint's own list could not be applied to the source
  std::vector<PlannedTensor> plan;  // of the source
  std::unordered_map<std::string, const PlannedTensor*> planned;
  std::vector<TensorFacts> facts;  // parallel to checkpoint.tensors()
  std::vector<TensorDigest> manifest;

  // A key of the language model's configuration: in text_config where there is one.
  const PyJson* text_setting(const std::string& key) const;
  int64_t integer_setting(const std::string& key, int64_t otherwise) const;
  bool flag_setting(const std::string& key, bool otherwise) const;
  const PyJson* quantization() const { return config.find("quantization_config"); }
  bool is_fp8(const TensorInfo& tensor) const { return tensor.dtype == DType::kF8E4M3; }
};

// Counts and keeps the first few findings.
class Findings {
 public:
  explicit Findings(CheckResult& result) : result_(result) {}
  void look(int64_t count = 1) { result_.checked += count; }
  void fail(const std::string& finding, int64_t count = 1);
  void note(const std::string& text);  // said, not judged
  void not_run(const std::string& why);

 private:
  CheckResult& result_;
};

struct Check {
  const char* id;
  const char* title;
  bool judged;  // false: reported only
  void (*run)(const AuditContext& context, Findings& findings);
};

std::span<const Check> structure_checks();  // S1 ... S13
std::span<const Check> integrity_checks();  // I1 ... I10

}  // namespace fp8bench
