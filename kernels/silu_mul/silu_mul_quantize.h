// Gated SiLU and per-token quantization in one pass over memory: what stands in front of an FP8 down projection.
#pragma once
#include "kernels/quantize/quantize_behind.h"
#include "kernels/silu_mul/silu_mul.h"

namespace fp8bench {

// The bits of silu_mul(args) followed by quantize_per_token on its output; args.y and out as in gelu_mul_quantize.
void silu_mul_quantize(const SiluMulArgs& args, const RowCodes& out);

}  // namespace fp8bench
