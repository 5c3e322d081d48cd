#include "kernels/quantize/quantize.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/quantize/quantize_kernel.h"

namespace fp8bench {
namespace {

constexpr int64_t kMinElements = 1 << 15;

}  // namespace

void quantize_per_token(const QuantizeArgs& args) {
  const QuantizeKernel& kernel = quantize_kernel_for(active_isa());
  const int64_t width = std::max<int64_t>(1, args.width);
  parallel_for(args.rows, (kMinElements + width - 1) / width,
               [&](int64_t begin, int64_t end) { kernel.rows(args, begin, end); });
}

void round_buffer_bf16(float* x, int64_t count) {
  const QuantizeKernel& kernel = quantize_kernel_for(active_isa());
  parallel_for(count, kMinElements, [&](int64_t begin, int64_t end) { kernel.round_bf16(x + begin, end - begin); });
}

void round_buffer_e4m3(float* x, int64_t count) {
  const QuantizeKernel& kernel = quantize_kernel_for(active_isa());
  parallel_for(count, kMinElements, [&](int64_t begin, int64_t end) { kernel.round_e4m3(x + begin, end - begin); });
}

}  // namespace fp8bench
