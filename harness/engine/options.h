// How an engine computes: named in every record.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/attention/attention.h"

namespace fp8bench {

// f32: the canonical reference (float32 activations, every sum in one documented order: the same bits everywhere).
// bf16: activations rounded to BF16 between ops, as serving engines do. native: the rounding of bf16, with every
// linear, expert and the head on the processor's BF16 units (kernels/native_gemm), whose sums have an order of their
// own: fastest, within a derived tolerance, not the same bits elsewhere. Without such a unit native computes what bf16
// does.
enum class Policy { kF32, kBF16, kNative };

// Which half of W8A8 acts. kAsStored: FP8 weights run W8A8, BF16 weights W16A16. kWeightsOnly: FP8 weights, activations
// not quantized (W8A16). kActivationsOnly: activations quantized in front of BF16 weights (W16A8).
enum class LinearMode { kAsStored, kWeightsOnly, kActivationsOnly };

// Deliberate engine errors (the engine rows of harness/checkpoint/faults.cc). Only tests and --fault set one.
enum class EngineFault {
  kNone,
  kPerExpertScaleIgnored,
  kLayerScalarIgnored,
  kRouterNormedInput,
  kStaticActivationScale,
  kTruncatingE4M3,
  kWindowOffByOne,
  kNormOnePlusWeight,
  kRequantizeAfterRouting
};

struct EngineOptions {
  Policy policy = Policy::kF32;
  KvDType kv = KvDType::kF32;
  LinearMode linear = LinearMode::kAsStored;
  EngineFault fault = EngineFault::kNone;
  uint64_t perturb_seed = 0;  // != 0: every input of an FP8 linear moved by one unit in the last place, up or down by a
                              // hash of (seed, sequence, position, layer, site, column): the rounding floor's draws
  int64_t prefill_piece =
      0;  // > 0: prefill in pieces of this many tokens, sequence by sequence; 0: all at once. Same bits.
};

std::string_view policy_name(Policy policy);  // "f32", "bf16", "native"
// The instruction set whose kernels a policy runs now: f32 and bf16 run the canonical ones of the set in use (avx512
// under avx512bf16 and amx), native its linears on the set's BF16 unit.
std::string_view policy_isa(Policy policy);
std::string_view kv_name(KvDType dtype);  // "f32", "bf16", "fp8"
std::optional<Policy> parse_policy(std::string_view name);
std::optional<KvDType> parse_kv(std::string_view name);
EngineFault engine_fault(std::string_view name);  // kNone if it is not an engine fault

}  // namespace fp8bench
