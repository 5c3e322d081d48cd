#include "kernels/registry.h"

namespace fp8bench {
namespace {

// One operation, three sets.
#define FP8BENCH_KERNEL(op, variant, dtype, summary)                \
  {op, op "." variant "_portable", Isa::kPortable, dtype, summary}, \
      {op, op "." variant "_avx2", Isa::kAvx2, dtype, summary}, {   \
    op, op "." variant "_avx512", Isa::kAvx512, dtype, summary      \
  }

// One product of policy native, both BF16 units.
#define FP8BENCH_NATIVE_KERNEL(op, variant, dtype, summary)               \
  {op, op "." variant "_avx512bf16", Isa::kAvx512Bf16, dtype, summary}, { \
    op, op "." variant "_amx", Isa::kAmx, dtype, summary                  \
  }

constexpr KernelInfo kKernels[] = {
    FP8BENCH_KERNEL("gemm", "bf16_f32", "BF16", "BF16 weights, float32 activations, one fma chain per output"),
    FP8BENCH_KERNEL("gemm", "f8_f32", "F8_E4M3",
                    "E4M3 weights with channel scales, activations as codes with token scales"),
    FP8BENCH_KERNEL("gemm", "f32_f32", "F32", "float32 weights"),
    FP8BENCH_KERNEL("grouped_gemm", "bf16_f32", "BF16", "gemm of every expert with its own rows"),
    FP8BENCH_KERNEL("grouped_gemm", "f8_f32", "F8_E4M3", "the same in W8A8"),
    FP8BENCH_KERNEL("grouped_gemm", "f32_f32", "F32", "the same with float32 weights"),
    FP8BENCH_KERNEL("attention", "f32", "F32", "causal, grouped heads, full or sliding window, softmax in key order"),
    FP8BENCH_KERNEL("rmsnorm", "f32", "F32", "root mean square norm, one chain a row"),
    FP8BENCH_KERNEL("rmsnorm", "f32_f8", "F8_E4M3", "the norm and the quantization of its rows in one pass"),
    FP8BENCH_KERNEL("rope", "f32", "F32", "rotary embedding, split halves"),
    FP8BENCH_KERNEL("quantize", "f32_f8", "F8_E4M3", "dynamic scale per token, true division, nearest even"),
    FP8BENCH_KERNEL("gelu_mul", "f32", "F32", "gated GELU (tanh form), and the logit softcap"),
    FP8BENCH_KERNEL("gelu_mul", "f32_f8", "F8_E4M3", "gated GELU and the quantization of its rows in one pass"),
    FP8BENCH_KERNEL("silu_mul", "f32", "F32", "gated SiLU"),
    FP8BENCH_KERNEL("silu_mul", "f32_f8", "F8_E4M3", "gated SiLU and the quantization of its rows in one pass"),
    FP8BENCH_KERNEL("router", "f32", "F32", "top-k experts and their weights, ties to the lowest id"),
    FP8BENCH_NATIVE_KERNEL("gemm", "bf16_bf16", "BF16", "policy native: BF16 weights and activations, float32 sums"),
    FP8BENCH_NATIVE_KERNEL("gemm", "f8_bf16", "F8_E4M3", "policy native: E4M3 weights and codes, exact as BF16"),
    FP8BENCH_NATIVE_KERNEL("grouped_gemm", "bf16_bf16", "BF16", "policy native: the same of every expert"),
    FP8BENCH_NATIVE_KERNEL("grouped_gemm", "f8_bf16", "F8_E4M3", "policy native: the same of every expert in W8A8"),
};

#undef FP8BENCH_KERNEL
#undef FP8BENCH_NATIVE_KERNEL

}  // namespace

std::span<const KernelInfo> kernels() { return kKernels; }

}  // namespace fp8bench
