#include "kernels/silu_mul/silu_mul_quantize.h"

#include "kernels/silu_mul/silu_mul_kernel.h"

namespace fp8bench {

void silu_mul_quantize(const SiluMulArgs& args, const RowCodes& out) {
  constexpr int64_t kGroup = 1;  // a row stays in L1 until it is quantized
  const SiluMulKernel& kernel = silu_mul_kernel_for(active_isa());
  quantize_behind([&](int64_t begin, int64_t end) { kernel.rows(args, begin, end); }, args.y, args.rows, args.width,
                  kGroup, out);
}

}  // namespace fp8bench
