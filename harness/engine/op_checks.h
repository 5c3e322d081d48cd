// One op at one shape against its exact reference, on seeded inputs. Tolerances are derived from types and sizes.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "harness/checkpoint/model_config.h"
#include "harness/engine/selftest.h"
#include "kernels/gemm/gemm.h"

namespace fp8bench {

// The canonical kernels, or those of policy native on the BF16 unit: few rows and enough for tiles.
enum class GemmKind { kCanonical, kNative };
SelfTestItem check_gemm(const std::string& name, const PackedMatrix& weight, int64_t samples, uint64_t seed,
                        GemmKind kind = GemmKind::kCanonical);
SelfTestItem check_grouped_gemm(const std::string& name, std::span<const PackedMatrix> weights, int64_t samples,
                                uint64_t seed, GemmKind kind = GemmKind::kCanonical);
SelfTestItem check_rmsnorm(const std::string& name, int64_t width, float eps, uint64_t seed);
SelfTestItem check_quantize(const std::string& name, int64_t width, uint64_t seed);
SelfTestItem check_gelu_mul(const std::string& name, int64_t width, uint64_t seed);
SelfTestItem check_silu_mul(const std::string& name, int64_t width, uint64_t seed);
SelfTestItem check_rope(const std::string& name, const LayerConfig& layer, int64_t heads, uint64_t seed);
SelfTestItem check_attention(const std::string& name, const LayerConfig& layer, int64_t heads, int64_t window,
                             uint64_t seed);
SelfTestItem check_router(const std::string& name, int64_t experts, int64_t top_k, uint64_t seed);

}  // namespace fp8bench
