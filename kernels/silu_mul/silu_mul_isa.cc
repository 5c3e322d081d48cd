#include "kernels/silu_mul/silu_mul_kernel.h"
#include "kernels/simd_math.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

template <class V>
FP8BENCH_INLINE typename V::F silu(typename V::F z) {
  const typename V::F minus_z = V::mul(z, V::set1(-1.0f));  // exact
  return V::div(z, V::add(V::set1(1.0f), exp_f32<V>(minus_z)));
}

template <class V>
FP8BENCH_INLINE void silu_mul_at(const float* gate, const float* up, float* y) {
  V::store(y, V::mul(silu<V>(V::load(gate)), V::load(up)));
}

void rows(const SiluMulArgs& args, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const float *gate = args.gate + row * args.stride, *up = args.up + row * args.stride;
    float* y = args.y + row * args.width;
    int64_t c = 0;
    for (; c + Native::kLanes <= args.width; c += Native::kLanes) silu_mul_at<Native>(gate + c, up + c, y + c);
    for (; c < args.width; ++c) silu_mul_at<Scalar>(gate + c, up + c, y + c);
  }
}

float silu_scalar(float z) { return silu<Scalar>(z); }

}  // namespace

extern const SiluMulKernel silu_mul_kernel;
const SiluMulKernel silu_mul_kernel = {rows, silu_scalar};

}  // namespace fp8bench::FP8BENCH_ISA_NS
