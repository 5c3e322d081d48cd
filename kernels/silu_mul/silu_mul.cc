#include "kernels/silu_mul/silu_mul.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/silu_mul/silu_mul_kernel.h"

namespace fp8bench {
namespace {

constexpr int64_t kMinElements = 1 << 14;

}  // namespace

void silu_mul(const SiluMulArgs& args) {
  const SiluMulKernel& kernel = silu_mul_kernel_for(active_isa());
  const int64_t width = std::max<int64_t>(1, args.width);
  parallel_for(args.rows, (kMinElements + width - 1) / width,
               [&](int64_t begin, int64_t end) { kernel.rows(args, begin, end); });
}

float canonical_silu(float z) { return silu_mul_kernel_for(active_isa()).silu(z); }

}  // namespace fp8bench
