// Gated GELU and per-token quantization in one pass over memory: what stands in front of an FP8 down projection.
#pragma once
#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/quantize/quantize_behind.h"

namespace fp8bench {

// The bits of gelu_mul(args) followed by quantize_per_token on its output, row by row while the row is in the cache.
// `args.y` receives the activation's rows; out.codes may be args.y where nobody reads those.
void gelu_mul_quantize(const GeluMulArgs& args, const RowCodes& out);

}  // namespace fp8bench
