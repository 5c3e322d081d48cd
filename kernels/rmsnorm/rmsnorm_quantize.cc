#include "kernels/rmsnorm/rmsnorm_quantize.h"

#include "kernels/rmsnorm/rmsnorm_kernel.h"

namespace fp8bench {

void rmsnorm_quantize(const RmsNormArgs& norm, const RowCodes& out) {
  constexpr int64_t kGroup = 8;  // rows whose sums the norm takes side by side; with their codes they fit into L2
  const RmsNormKernel& kernel = rmsnorm_kernel_for(active_isa());
  quantize_behind([&](int64_t begin, int64_t end) { kernel.rows(norm, begin, end); }, norm.y, norm.rows, norm.width,
                  kGroup, out);
}

}  // namespace fp8bench
