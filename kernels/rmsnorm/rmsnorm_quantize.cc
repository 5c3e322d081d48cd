#include "kernels/rmsnorm/rmsnorm_quantize.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/quantize/quantize_kernel.h"
#include "kernels/rmsnorm/rmsnorm_kernel.h"

namespace fp8bench {

void rmsnorm_quantize(const RmsNormArgs& norm, float* codes, float* scales) {
  constexpr int64_t kMinElements = 1 << 14;
  constexpr int64_t kGroup = 8;  // rows whose sums the norm takes side by side; with their codes they fit into L2
  const RmsNormKernel& norm_kernel = rmsnorm_kernel_for(active_isa());
  const QuantizeKernel& quantize_kernel = quantize_kernel_for(active_isa());
  QuantizeArgs quantize;
  quantize.x = norm.y;
  quantize.rows = norm.rows;
  quantize.width = norm.width;
  quantize.codes = codes;
  quantize.scales = scales;
  const int64_t groups = (norm.rows + kGroup - 1) / kGroup;
  const int64_t elements = std::max<int64_t>(1, kGroup * norm.width);
  parallel_for(groups, (kMinElements + elements - 1) / elements, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      const int64_t first = group * kGroup, last = std::min(first + kGroup, norm.rows);
      norm_kernel.rows(norm, first, last);
      quantize_kernel.rows(quantize, first, last);
    }
  });
}

}  // namespace fp8bench
