#include "kernels/rmsnorm/rmsnorm_kernel.h"
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

// Each row's sum is one chain, bound by the latency of fma: eight rows side by side fill the pipes.
constexpr int kRowsAtOnce = 8;

template <int R>
void sums_of_squares(const float* x, int64_t width, float* sums) {
  float sum[R] = {};
  for (int64_t c = 0; c < width; ++c) {
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const float value = x[r * width + c];
      sum[r] = Scalar::fma(value, value, sum[r]);
    }
  }
  for (int r = 0; r < R; ++r) sums[r] = sum[r];
}

template <class V>
FP8BENCH_INLINE void scale(const RmsNormArgs& args, const float* x, float* y, int64_t c, float inv) {
  typename V::F value = V::mul(V::load(x + c), V::set1(inv));
  if (args.weight != nullptr) {
    typename V::F weight = V::load(args.weight + c);
    if (args.one_plus_weight) weight = V::add(V::set1(1.0f), weight);
    value = V::mul(value, weight);
  }
  V::store(y + c, value);
}

void finish_row(const RmsNormArgs& args, int64_t row, float sum) {
  const float* x = args.x + row * args.width;
  float* y = args.y + row * args.width;
  const float inv = 1.0f / __builtin_sqrtf(sum / static_cast<float>(args.width) + args.eps);
  int64_t c = 0;
  for (; c + Native::kLanes <= args.width; c += Native::kLanes) scale<Native>(args, x, y, c, inv);
  for (; c < args.width; ++c) scale<Scalar>(args, x, y, c, inv);
}

void rows(const RmsNormArgs& args, int64_t begin, int64_t end) {
  float sums[kRowsAtOnce];
  int64_t row = begin;
  for (; row + kRowsAtOnce <= end; row += kRowsAtOnce) {
    sums_of_squares<kRowsAtOnce>(args.x + row * args.width, args.width, sums);
    for (int r = 0; r < kRowsAtOnce; ++r) finish_row(args, row + r, sums[r]);
  }
  for (; row < end; ++row) {
    sums_of_squares<1>(args.x + row * args.width, args.width, sums);
    finish_row(args, row, sums[0]);
  }
}

}  // namespace

extern const RmsNormKernel rmsnorm_kernel;
const RmsNormKernel rmsnorm_kernel = {rows};

}  // namespace fp8bench::FP8BENCH_ISA_NS
