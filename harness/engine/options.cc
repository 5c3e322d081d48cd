#include "harness/engine/options.h"

#include <array>
#include <utility>

#include "kernels/isa.h"

namespace fp8bench {
namespace {

template <typename T>
using Name = std::pair<std::string_view, T>;

constexpr std::array kPolicies = {Name<Policy>{"f32", Policy::kF32}, Name<Policy>{"bf16", Policy::kBF16},
                                  Name<Policy>{"native", Policy::kNative}};

constexpr std::array kKvDTypes = {Name<KvDType>{"f32", KvDType::kF32}, Name<KvDType>{"bf16", KvDType::kBF16},
                                  Name<KvDType>{"fp8", KvDType::kF8E4M3}};

// The engine rows of harness/checkpoint/faults.cc; a test walks that table and finds each of them here.
constexpr std::array kEngineFaults = {
    Name<EngineFault>{"per-expert-scale-ignored", EngineFault::kPerExpertScaleIgnored},
    Name<EngineFault>{"layer-scalar-ignored", EngineFault::kLayerScalarIgnored},
    Name<EngineFault>{"router-normed-input", EngineFault::kRouterNormedInput},
    Name<EngineFault>{"static-activation-scale", EngineFault::kStaticActivationScale},
    Name<EngineFault>{"truncating-e4m3", EngineFault::kTruncatingE4M3},
    Name<EngineFault>{"window-off-by-one", EngineFault::kWindowOffByOne},
    Name<EngineFault>{"norm-one-plus-weight", EngineFault::kNormOnePlusWeight},
    Name<EngineFault>{"requantize-after-routing", EngineFault::kRequantizeAfterRouting},
};

template <typename T, size_t N>
std::string_view name_of(const std::array<Name<T>, N>& table, T value) {
  for (const auto& [name, entry] : table)
    if (entry == value) return name;
  return "unknown";
}

template <typename T, size_t N>
std::optional<T> value_of(const std::array<Name<T>, N>& table, std::string_view wanted) {
  for (const auto& [name, entry] : table)
    if (name == wanted) return entry;
  return std::nullopt;
}

}  // namespace

std::string_view policy_name(Policy policy) { return name_of(kPolicies, policy); }
std::string_view policy_isa(Policy policy) {
  return isa_name(policy == Policy::kNative ? active_isa() : canonical_isa(active_isa()));
}
std::string_view kv_name(KvDType dtype) { return name_of(kKvDTypes, dtype); }
std::optional<Policy> parse_policy(std::string_view name) { return value_of(kPolicies, name); }
std::optional<KvDType> parse_kv(std::string_view name) { return value_of(kKvDTypes, name); }
EngineFault engine_fault(std::string_view name) { return value_of(kEngineFaults, name).value_or(EngineFault::kNone); }

}  // namespace fp8bench
