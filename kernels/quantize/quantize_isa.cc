#include "kernels/quantize/quantize_kernel.h"
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr float kMax = 448.0f;
constexpr float kMinScale = 1.0f / (448.0f * 512.0f);

// The nearest E4M3 value of a magnitude of at most 448, ties to even; NaN stays.
template <class V>
FP8BENCH_INLINE typename V::F nearest_magnitude(typename V::F magnitude) {
  // Below 2^-6 the steps are 2^-9, which is the last bit of floats near 1.5 * 2^14.
  const typename V::F magic = V::set1(24576.0f);
  const typename V::F small = V::sub(V::add(magnitude, magic), magic);
  // From there on three mantissa bits stay; adding half of the last (less one if it is even) makes ties even.
  const typename V::I bits = V::bits(magnitude);
  const typename V::I odd = V::iand(V::template shift_right<20>(bits), V::iset1(1));
  const typename V::I rounded = V::iadd(bits, V::iadd(odd, V::iset1(0x7FFFF)));
  const typename V::F large = V::from_bits(V::iand(rounded, V::iset1(~0xFFFFF)));
  return V::select(V::less(magnitude, V::set1(0x1p-6f)), small, large);
}

template <class V>
FP8BENCH_INLINE typename V::F truncated_magnitude(typename V::F magnitude) {
  const typename V::F near = nearest_magnitude<V>(magnitude);
  // One step down where rounding went up. Steps are 2^-9 below 2^-6 and one unit of bit 20 from there on.
  const typename V::F below = V::from_bits(V::iand(V::bits(magnitude), V::iset1(~0xFFFFF)));
  const typename V::F step = V::select(V::less(magnitude, near), V::set1(0x1p-9f), V::set1(0.0f));
  return V::select(V::less(magnitude, V::set1(0x1p-6f)), V::sub(near, step), below);
}

template <class V>
FP8BENCH_INLINE typename V::F magnitude_of(typename V::F x) {
  return V::from_bits(V::iand(V::bits(x), V::iset1(INT32_MAX)));
}

template <class V>
FP8BENCH_INLINE typename V::F with_sign_of(typename V::F magnitude, typename V::F x) {
  return V::from_bits(V::ior(V::bits(magnitude), V::iand(V::bits(x), V::iset1(INT32_MIN))));
}

// e4m3(clamp(x / s)). fmin and fmax drop NaN in the order that vLLM writes them, so a NaN quotient becomes +448.
template <class V, bool kTruncate>
FP8BENCH_INLINE void quantize(const float* x, float* codes, float s) {
  typename V::F q = V::div(V::load(x), V::set1(s));
  q = V::min(q, V::set1(kMax));
  q = V::max(q, V::set1(-kMax));
  const typename V::F magnitude = magnitude_of<V>(q);
  V::store(codes, with_sign_of<V>(kTruncate ? truncated_magnitude<V>(magnitude) : nearest_magnitude<V>(magnitude), q));
}

template <bool kTruncate>
void quantize_row(const float* x, float* codes, int64_t width, float s) {
  int64_t c = 0;
  for (; c + Native::kLanes <= width; c += Native::kLanes) quantize<Native, kTruncate>(x + c, codes + c, s);
  for (; c < width; ++c) quantize<Scalar, kTruncate>(x + c, codes + c, s);
}

// The largest magnitude; NaN elements do not count, as with fmaxf.
float largest(const float* x, int64_t width) {
  Native::F most[4] = {Native::set1(0.0f), Native::set1(0.0f), Native::set1(0.0f), Native::set1(0.0f)};
  int64_t c = 0;
  for (; c + 4 * Native::kLanes <= width; c += 4 * Native::kLanes) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      most[i] = Native::max(magnitude_of<Native>(Native::load(x + c + i * Native::kLanes)), most[i]);
    }
  }
  float amax = Native::reduce_max(Native::max(Native::max(most[0], most[1]), Native::max(most[2], most[3])));
  for (; c < width; ++c) amax = Scalar::max(magnitude_of<Scalar>(x[c]), amax);
  return amax;
}

void rows(const QuantizeArgs& args, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const float* x = args.x + row * args.width;
    float s = args.static_scale;
    if (!(s > 0.0f)) s = Scalar::max(largest(x, args.width) / kMax, kMinScale);
    args.scales[row] = s;
    float* codes = args.codes + row * args.width;
    if (args.rounding == E4M3Rounding::kTruncate) {
      quantize_row<true>(x, codes, args.width, s);
    } else {
      quantize_row<false>(x, codes, args.width, s);
    }
  }
}

template <class V>
FP8BENCH_INLINE void round_bf16_at(float* x) {
  const typename V::F value = V::load(x);
  const typename V::I bits = V::bits(value);
  const typename V::I odd = V::iand(V::template shift_right<16>(bits), V::iset1(1));
  const typename V::I rounded = V::iadd(bits, V::iadd(odd, V::iset1(0x7FFF)));
  // A NaN keeps its upper half and becomes quiet: rounding could carry its payload into infinity.
  const typename V::F nan = V::from_bits(V::iand(V::ior(bits, V::iset1(0x400000)), V::iset1(~0xFFFF)));
  V::store(x, V::select(V::unordered(value), nan, V::from_bits(V::iand(rounded, V::iset1(~0xFFFF)))));
}

template <class V>
FP8BENCH_INLINE void round_e4m3_at(float* x) {
  const typename V::F value = V::load(x);
  const typename V::F magnitude = V::min(magnitude_of<V>(value), V::set1(kMax));
  const typename V::F finite = with_sign_of<V>(nearest_magnitude<V>(magnitude), value);
  const typename V::F nan = with_sign_of<V>(V::from_bits(V::iset1(0x7FC00000)), value);
  V::store(x, V::select(V::unordered(value), nan, finite));
}

void round_bf16(float* x, int64_t count) {
  int64_t i = 0;
  for (; i + Native::kLanes <= count; i += Native::kLanes) round_bf16_at<Native>(x + i);
  for (; i < count; ++i) round_bf16_at<Scalar>(x + i);
}

void round_e4m3(float* x, int64_t count) {
  int64_t i = 0;
  for (; i + Native::kLanes <= count; i += Native::kLanes) round_e4m3_at<Native>(x + i);
  for (; i < count; ++i) round_e4m3_at<Scalar>(x + i);
}

}  // namespace

extern const QuantizeKernel quantize_kernel;
const QuantizeKernel quantize_kernel = {rows, round_bf16, round_e4m3};

}  // namespace fp8bench::FP8BENCH_ISA_NS
