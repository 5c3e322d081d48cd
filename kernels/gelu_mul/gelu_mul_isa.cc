#include "kernels/gelu_mul/gelu_mul_kernel.h"
#include "kernels/simd_math.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

// 0.5 z (1 + tanh u) = z / (1 + exp(-2u)): the same function without the cancellation of 1 + tanh for negative z.
template <class V>
FP8BENCH_INLINE typename V::F gelu(typename V::F z) {
  const typename V::F cubic = V::fma(V::mul(V::set1(0.044715f), V::mul(z, z)), z, z);
  const typename V::F minus_2u = V::mul(cubic, V::set1(-0x1.9884540000000p+0f));  // -2 sqrt(2 / pi)
  return V::div(z, V::add(V::set1(1.0f), exp_f32<V>(minus_2u)));
}

template <class V>
FP8BENCH_INLINE void gelu_mul_at(const float* gate, const float* up, float* y) {
  V::store(y, V::mul(gelu<V>(V::load(gate)), V::load(up)));
}

template <class V>
FP8BENCH_INLINE void softcap_at(float* x, float cap) {
  V::store(x, V::mul(V::set1(cap), tanh_f32<V>(V::div(V::load(x), V::set1(cap)))));
}

void rows(const GeluMulArgs& args, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const float *gate = args.gate + row * args.stride, *up = args.up + row * args.stride;
    float* y = args.y + row * args.width;
    int64_t c = 0;
    for (; c + Native::kLanes <= args.width; c += Native::kLanes) gelu_mul_at<Native>(gate + c, up + c, y + c);
    for (; c < args.width; ++c) gelu_mul_at<Scalar>(gate + c, up + c, y + c);
  }
}

void softcap_all(float* x, int64_t count, float cap) {
  int64_t i = 0;
  for (; i + Native::kLanes <= count; i += Native::kLanes) softcap_at<Native>(x + i, cap);
  for (; i < count; ++i) softcap_at<Scalar>(x + i, cap);
}

float gelu_scalar(float z) { return gelu<Scalar>(z); }

}  // namespace

extern const GeluMulKernel gelu_mul_kernel;
const GeluMulKernel gelu_mul_kernel = {rows, softcap_all, gelu_scalar};

}  // namespace fp8bench::FP8BENCH_ISA_NS
