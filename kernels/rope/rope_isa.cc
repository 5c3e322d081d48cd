#include "kernels/rope/rope_kernel.h"
#include "kernels/simd_math.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

void angles(int32_t position, const float* inv_freq, int64_t pairs, float* cosines, float* sines) {
  for (int64_t i = 0; i < pairs; ++i) {
    const float angle = static_cast<float>(position) * inv_freq[i];
    double sine, cosine;
    sincos_f64(static_cast<double>(angle), &sine, &cosine);
    cosines[i] = static_cast<float>(cosine);
    sines[i] = static_cast<float>(sine);
  }
}

template <class V>
FP8BENCH_INLINE void rotate_at(float* x1, float* x2, const float* cosines, const float* sines) {
  const typename V::F a = V::load(x1), b = V::load(x2), c = V::load(cosines), s = V::load(sines);
  V::store(x1, V::sub(V::mul(a, c), V::mul(b, s)));
  V::store(x2, V::add(V::mul(b, c), V::mul(a, s)));
}

void rotate(float* x, int64_t half, int64_t pairs, const float* cosines, const float* sines) {
  int64_t i = 0;
  for (; i + Native::kLanes <= pairs; i += Native::kLanes) {
    rotate_at<Native>(x + i, x + half + i, cosines + i, sines + i);
  }
  for (; i < pairs; ++i) rotate_at<Scalar>(x + i, x + half + i, cosines + i, sines + i);
}

}  // namespace

extern const RopeKernel rope_kernel;
const RopeKernel rope_kernel = {angles, rotate};

}  // namespace fp8bench::FP8BENCH_ISA_NS
