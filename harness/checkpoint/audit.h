// `fp8bench audit DST [--source SRC]`: does the structure match the reference build (S1-S13), are the values sound
// (I1-I10), and where did each tensor come from. A table of named checks; each says what it found.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/checkpoint/tensor_map.h"
#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

enum class CheckStatus { kPass, kFail, kNotRun, kReported };

struct CheckResult {
  std::string id;     // "S1" ... "S13", "I1" ... "I10"
  std::string title;  // one line
  CheckStatus status = CheckStatus::kNotRun;
  int64_t checked = 0, failures = 0;
  std::vector<std::string> findings;  // the first few, each naming the tensor
};

// Where one output tensor came from.
enum class Derivation { kCopied, kRederived, kDirectF32, kWithinUlp, kUnexplained };
std::string derivation_name(Derivation d);  // "copied", "re-derived", "direct-f32", "within-ulp", "unexplained"

struct Coverage {  // per tensor class
  std::map<std::string, int64_t> parameters_by_dtype, bytes_by_dtype;
};

struct AuditOptions {
  std::set<Derivation> allowed = {Derivation::kCopied, Derivation::kRederived};
  bool hash_tensors = false;  // I10: fill `manifest`
};

struct TensorDigest {
  std::string name, dtype, shape, sha256;
};

struct AuditReport {
  std::vector<CheckResult> checks;
  std::map<TensorClass, Coverage> coverage;
  std::map<Derivation, int64_t> derivations;  // tensor counts; empty without a source
  std::vector<std::string> unexplained;       // names, with the first differing row and column
  std::vector<TensorDigest> manifest;
  int64_t tensors = 0, total_bytes = 0, fp8_bytes = 0, fp8_parameters = 0, parameters = 0;
  bool has_source = false;
  bool derivations_allowed = true;  // with a source: every one is in AuditOptions::allowed
  bool passed() const;              // no check failed, every derivation allowed
  std::string verdict;              // one line
};

// `directory_checks`: `checkpoint` is a folder on disk, so index and headers can be checked too (S10).
AuditReport audit_checkpoint(const TensorSource& checkpoint, const TensorSource* source, const AuditOptions& options);

}  // namespace fp8bench
