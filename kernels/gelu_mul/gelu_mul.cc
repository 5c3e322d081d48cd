#include "kernels/gelu_mul/gelu_mul.h"

#include <algorithm>

#include "kernels/gelu_mul/gelu_mul_kernel.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr int64_t kMinElements = 1 << 14;

}  // namespace

void gelu_mul(const GeluMulArgs& args) {
  const GeluMulKernel& kernel = gelu_mul_kernel_for(active_isa());
  const int64_t width = std::max<int64_t>(1, args.width);
  parallel_for(args.rows, (kMinElements + width - 1) / width,
               [&](int64_t begin, int64_t end) { kernel.rows(args, begin, end); });
}

void softcap(float* x, int64_t count, float cap) {
  const GeluMulKernel& kernel = gelu_mul_kernel_for(active_isa());
  parallel_for(count, kMinElements, [&](int64_t begin, int64_t end) { kernel.softcap(x + begin, end - begin, cap); });
}

float canonical_gelu_tanh(float z) { return gelu_mul_kernel_for(active_isa()).gelu(z); }

}  // namespace fp8bench
