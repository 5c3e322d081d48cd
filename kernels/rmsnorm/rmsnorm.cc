#include "kernels/rmsnorm/rmsnorm.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/rmsnorm/rmsnorm_kernel.h"

namespace fp8bench {

void rmsnorm(const RmsNormArgs& args) {
  constexpr int64_t kMinElements = 1 << 15;
  const RmsNormKernel& kernel = rmsnorm_kernel_for(active_isa());
  // Whole groups of rows per piece: the kernel takes eight at once.
  constexpr int64_t kGroup = 8;
  const int64_t groups = (args.rows + kGroup - 1) / kGroup;
  const int64_t elements = std::max<int64_t>(1, kGroup * args.width);
  parallel_for(groups, (kMinElements + elements - 1) / elements, [&](int64_t begin, int64_t end) {
    kernel.rows(args, begin * kGroup, std::min(end * kGroup, args.rows));
  });
}

}  // namespace fp8bench
