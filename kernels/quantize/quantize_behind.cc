#include "kernels/quantize/quantize_behind.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/quantize/quantize_kernel.h"

namespace fp8bench {

void quantize_behind(const std::function<void(int64_t begin, int64_t end)>& make, float* y, int64_t rows, int64_t width,
                     int64_t group, const RowCodes& out) {
  constexpr int64_t kMinElements = 1 << 14;
  const QuantizeKernel& kernel = quantize_kernel_for(active_isa());
  const QuantizeArgs quantize{.x = y,
                              .rows = rows,
                              .width = width,
                              .static_scale = out.static_scale,
                              .rounding = out.rounding,
                              .codes = out.codes,
                              .scales = out.scales};
  const int64_t groups = (rows + group - 1) / group;
  const int64_t elements = std::max<int64_t>(1, group * width);
  parallel_for(groups, (kMinElements + elements - 1) / elements, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * group, last = std::min(first + group, rows);
      make(first, last);
      if (out.bf16) kernel.round_bf16(y + first * width, (last - first) * width);
      kernel.rows(quantize, first, last);
    }
  });
}

}  // namespace fp8bench
