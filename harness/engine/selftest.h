// Is the engine itself sound? Because the bits of policy f32 are fixed, the sha256 of the bundled checkpoint's
// canonical logits is recorded in the repository; and each kernel is compared with its exact reference on sampled
// outputs at the loaded checkpoint's own shapes. An engine fault is thereby never read as a checkpoint fault.
#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/options.h"
#include "harness/engine/weights.h"

namespace fp8bench {

struct SelfTestItem {
  std::string name;  // "canonical logits bf16", "gemm q_proj 4096x2816 fp8 ..."
  bool passed = false;
  std::string detail;  // expected and found, or worst error against its tolerance
};

struct SelfTestReport {
  std::vector<SelfTestItem> items;
  double seconds = 0.0;
  bool passed() const;
};

// datasets/nano/canonical.json: {"bf16": sha256, "fp8": sha256, "fp8_kv8": sha256, "ids": [...]}.
struct CanonicalHashes {
  std::string bf16, fp8, fp8_kv8;
};
CanonicalHashes compute_canonical_hashes(const std::filesystem::path& nano, EngineFault fault);
// The same of any model, its FP8_DYNAMIC form derived on the fly.
CanonicalHashes compute_canonical_hashes(const TensorSourcePtr& bf16, std::span<const int32_t> ids, EngineFault fault);
// The ids behind them: the first tokens of nano/text.jsonl.
std::vector<int32_t> canonical_ids(const std::filesystem::path& nano);
// Rewrites canonical.json with what this engine computes.
CanonicalHashes record_canonical_hashes(const std::filesystem::path& nano);

// The bundled checkpoint's hashes against the recorded ones.
SelfTestReport selftest_canonical(const std::filesystem::path& nano, EngineFault fault = EngineFault::kNone);
// Sampled exact check of each op at this model's shapes (weights of its first sliding and first full layer). Of policy
// native also the products on the processor's BF16 unit, if there is one.
SelfTestReport selftest_kernels(const std::shared_ptr<const Model>& model, uint64_t seed, int64_t samples,
                                Policy policy = Policy::kF32);

}  // namespace fp8bench
