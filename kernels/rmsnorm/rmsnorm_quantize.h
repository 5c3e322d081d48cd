// RMSNorm and per-token quantization in one pass over memory: what stands in front of an FP8 linear.
#pragma once
#include "kernels/quantize/quantize.h"
#include "kernels/rmsnorm/rmsnorm.h"

namespace fp8bench {

// The bits of rmsnorm(norm) followed by quantize_per_token on its output, row by row while the row is in the cache.
// `norm.y` receives the normed rows; `codes` (rows, width) may be norm.y where nobody reads those. `scales` (rows).
void rmsnorm_quantize(const RmsNormArgs& norm, float* codes, float* scales);

}  // namespace fp8bench
