// RMSNorm and per-token quantization in one pass over memory: what stands in front of an FP8 linear.
#pragma once
#include "kernels/quantize/quantize_behind.h"
#include "kernels/rmsnorm/rmsnorm.h"

namespace fp8bench {

// The bits of rmsnorm(norm) followed by quantize_per_token on its output, row by row while the row is in the cache.
// `norm.y` receives the normed rows; out.codes may be norm.y where nobody reads those.
void rmsnorm_quantize(const RmsNormArgs& norm, const RowCodes& out);

}  // namespace fp8bench
