// What model_free_ptq(scheme="FP8_DYNAMIC", ignore=[...]) makes of a list of tensors: the plan that the writer, the
// decorator `quantized(source)` and the audit share.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "harness/checkpoint/python_json.h"
#include "harness/checkpoint/quantize_checkpoint.h"
#include "harness/checkpoint/tensor_source.h"

namespace fp8bench {

// The ignore list, compiled once (a checkpoint has 24,000 names).
class ModulePatterns {
 public:
  explicit ModulePatterns(
      const std::vector<std::string>& patterns);  // throws InputError for a pattern that does not compile
  ~ModulePatterns();
  ModulePatterns(const ModulePatterns&) = delete;
  ModulePatterns& operator=(const ModulePatterns&) = delete;
  bool matches(size_t pattern, const std::string& module) const;
  bool matches_any(const std::string& module) const;
  size_t size() const;

 private:
  struct Pattern;
  std::vector<std::unique_ptr<Pattern>> patterns_;
};

// True when upstream would quantize a tensor of this name: parameter "weight", module not ending in "norm", not
// ignored.
bool is_targeted(const std::string& tensor_name, const ModulePatterns& ignore);

enum class PlannedAction { kCopy, kCodes, kScales };

struct PlannedTensor {
  TensorInfo info;                     // as it will be in the output
  const TensorInfo* source = nullptr;  // where its values come from
  int64_t row_begin = 0;               // its first row there (a part of fused experts)
  PlannedAction action = PlannedAction::kCopy;
};

// Splits fused 3-D experts (gate first), matches, and adds scales; in the order of the source. Throws InputError for
// what upstream refuses (a targeted tensor that is not 2-D, uneven gate_up rows) and for what it would do silently
// wrong.
std::vector<PlannedTensor> plan_fp8(const TensorSource& source, const std::vector<std::string>& ignore);

// The names after the expert split, with their shapes: what the ignore list is matched against.
struct SplitTensor {
  std::string name;
  std::vector<int64_t> shape;
  int64_t row_begin = 0;
};
std::vector<SplitTensor> split_fused_experts(const TensorInfo& tensor);  // one, itself, when it is not fused

// "model_type" of config.json, or "" when there is none.
std::string model_type_of(const std::string& config_text, const std::string& where);
PyJson fp8_quantization_config(const std::vector<std::string>& ignore, bool any_quantized);
// config.json as upstream re-writes it. Throws InputError when it already has a quantization_config.
std::string config_with_fp8(const std::string& config_text, const std::string& where,
                            const std::vector<std::string>& ignore, bool any_quantized);

}  // namespace fp8bench
