// The canonical exp and tanh over a vector class of simd.h, and the double ones over a scalar. One text for every set:
// each operation is correctly rounded, so the same operations in the same order are the same bits.
// Polynomials are Taylor's, whose coefficients need no fitting: the reduced arguments are small enough.
#pragma once
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

// x = n ln 2 + r, |r| <= ln2 / 2, and e^r - 1 = r + square, square = r^2 (1/2 + r/6 + ...).
template <class V>
struct ReducedExp {
  typename V::I n;
  typename V::F r, series, r2;  // square = series * r2, left apart for fma
};

template <class V>
FP8BENCH_INLINE ReducedExp<V> reduce_exp(typename V::F x) {
  const typename V::F magic = V::set1(12582912.0f);  // 1.5 * 2^23: the sum rounds to an integer
  const typename V::F shifted = V::fma(x, V::set1(0x1.715476p+0f), magic);
  const typename V::F n = V::sub(shifted, magic);
  // ln 2 in two parts; n times the first, of nine bits, is exact.
  typename V::F r = V::fma(n, V::set1(-0x1.63p-1f), x);
  r = V::fma(n, V::set1(0x1.bd0106p-13f), r);
  typename V::F p = V::set1(1.0f / 5040.0f);
  p = V::fma(p, r, V::set1(1.0f / 720.0f));
  p = V::fma(p, r, V::set1(1.0f / 120.0f));
  p = V::fma(p, r, V::set1(1.0f / 24.0f));
  p = V::fma(p, r, V::set1(1.0f / 6.0f));
  p = V::fma(p, r, V::set1(0.5f));
  return {V::isub(V::bits(shifted), V::iset1(0x4B400000)), r, p, V::mul(r, r)};
}

// 2^n for -126 <= n <= 127.
template <class V>
FP8BENCH_INLINE typename V::F power_of_two(typename V::I n) {
  return V::from_bits(V::template shift_left<23>(V::iadd(n, V::iset1(127))));
}

template <class V>
FP8BENCH_INLINE typename V::F exp_f32(typename V::F x) {
  // Outside, the result is 0 or infinity anyway. The order of the operands lets NaN through.
  x = V::min(V::set1(89.0f), V::max(V::set1(-104.0f), x));
  const ReducedExp<V> e = reduce_exp<V>(x);
  // 2^n in two steps: 2^-150 is no float32, and the second product rounds a subnormal result just once.
  const typename V::I half = V::template shift_right_signed<1>(e.n);
  // 1 + r with what its rounding loses: 0.8 ulp instead of 1.03.
  const typename V::F one_plus_r = V::add(V::set1(1.0f), e.r);
  const typename V::F lost = V::add(V::sub(V::set1(1.0f), one_plus_r), e.r);
  const typename V::F p = V::add(one_plus_r, V::fma(e.series, e.r2, lost));
  return V::mul(V::mul(p, power_of_two<V>(half)), power_of_two<V>(V::isub(e.n, half)));
}

// -tanh|x| = m / (m + 2) with m = exp(-2|x|) - 1, which keeps the relative accuracy near zero; then one correction by
// what the roundings of m and m + 2 lost, for which 1 / (m + 2) = (1 + tanh|x|) / 2 is at hand.
template <class V>
FP8BENCH_INLINE typename V::F tanh_f32(typename V::F x) {
  const typename V::F one = V::set1(1.0f), two = V::set1(2.0f);
  const typename V::I sign = V::iand(V::bits(x), V::iset1(INT32_MIN));
  const typename V::F magnitude = V::from_bits(V::iand(V::bits(x), V::iset1(INT32_MAX)));
  const typename V::F bounded = V::min(V::set1(20.0f), magnitude);  // tanh is 1 from 9.02 on
  const ReducedExp<V> e = reduce_exp<V>(V::mul(bounded, V::set1(-2.0f)));
  const typename V::F scale = power_of_two<V>(e.n), offset = V::sub(scale, one);
  const typename V::F expm1 = V::fma(e.series, e.r2, e.r);
  const typename V::F offset_lost = V::sub(scale, V::add(offset, one));
  const typename V::F expm1_lost = V::fma(e.series, e.r2, V::sub(e.r, expm1));
  const typename V::F m = V::fma(scale, expm1, offset);
  const typename V::F m_lost = V::fma(scale, expm1_lost, V::add(V::fma(scale, expm1, V::sub(offset, m)), offset_lost));
  const typename V::F below = V::add(m, two);
  const typename V::F below_lost = V::add(V::sub(m, V::sub(below, two)), m_lost);
  const typename V::F t = V::div(m, below), minus_t = V::sub(V::set1(0.0f), t);
  const typename V::F rest = V::fma(minus_t, below_lost, V::add(V::fma(minus_t, below, m), m_lost));
  const typename V::F corrected = V::fma(rest, V::fma(V::set1(-0.5f), t, V::set1(0.5f)), t);
  return V::from_bits(V::ior(V::iand(V::bits(corrected), V::iset1(INT32_MAX)), sign));
}

FP8BENCH_INLINE double fma_f64(double a, double b, double c) { return __builtin_fma(a, b, c); }

FP8BENCH_INLINE double power_of_two_f64(int64_t n) {
  return __builtin_bit_cast(double, static_cast<uint64_t>(n + 1023) << 52);
}

constexpr double kIntegerMagic64 = 0x1.8p52;  // the sum with it rounds to an integer, found in the low bits

FP8BENCH_INLINE int64_t integer_of_shifted(double shifted) {
  return static_cast<int64_t>(__builtin_bit_cast(uint64_t, shifted) - __builtin_bit_cast(uint64_t, kIntegerMagic64));
}

static inline double exp_f64(double x) {
  if (x != x) return x;
  if (x > 710.0) x = 710.0;    // infinity
  if (x < -746.0) x = -746.0;  // zero
  const double shifted = fma_f64(x, 0x1.71547652b82fep+0, kIntegerMagic64);
  const double n = shifted - kIntegerMagic64;
  double r = fma_f64(n, -0x1.62e42fee00000p-1, x);  // ln 2 in two parts, the first of 32 bits: exact
  r = fma_f64(n, -0x1.a39ef35793c76p-33, r);
  double p = 1.0 / 6227020800.0;
  p = fma_f64(p, r, 1.0 / 479001600.0);
  p = fma_f64(p, r, 1.0 / 39916800.0);
  p = fma_f64(p, r, 1.0 / 3628800.0);
  p = fma_f64(p, r, 1.0 / 362880.0);
  p = fma_f64(p, r, 1.0 / 40320.0);
  p = fma_f64(p, r, 1.0 / 5040.0);
  p = fma_f64(p, r, 1.0 / 720.0);
  p = fma_f64(p, r, 1.0 / 120.0);
  p = fma_f64(p, r, 1.0 / 24.0);
  p = fma_f64(p, r, 1.0 / 6.0);
  p = fma_f64(p, r, 0.5);
  p = fma_f64(p, r * r, r) + 1.0;
  const int64_t exponent = integer_of_shifted(shifted), half = exponent >> 1;
  return p * power_of_two_f64(half) * power_of_two_f64(exponent - half);
}

static inline double log_f64(double x) {
  int64_t exponent = 0;
  if (x < 0x1p-1022) {  // subnormal, zero or negative
    if (!(x > 0.0)) return x == 0.0 ? -__builtin_inf() : __builtin_nan("");
    x *= 0x1p54;
    exponent = -54;
  }
  const uint64_t bits = __builtin_bit_cast(uint64_t, x);
  if (bits >= 0x7FF0000000000000u) return x;  // infinity, NaN
  // x = 2^exponent m, m in [sqrt(1/2), sqrt(2)): the offset moves the cut of the exponent field there.
  const uint64_t offset = bits - 0x3FE6A09E667F3BCDu;
  exponent += static_cast<int64_t>(offset) >> 52;
  const double m = __builtin_bit_cast(double, bits - (static_cast<uint64_t>(static_cast<int64_t>(offset) >> 52) << 52));
  // log(1 + f) = f - f^2/2 + s (f^2/2 + R), s = f / (2 + f), R = 2 (s^2/3 + s^4/5 + ...): the large term f is exact.
  const double f = m - 1.0, s = f / (2.0 + f), z = s * s, half_square = 0.5 * f * f;
  double r = 2.0 / 25.0;
  r = fma_f64(r, z, 2.0 / 23.0);
  r = fma_f64(r, z, 2.0 / 21.0);
  r = fma_f64(r, z, 2.0 / 19.0);
  r = fma_f64(r, z, 2.0 / 17.0);
  r = fma_f64(r, z, 2.0 / 15.0);
  r = fma_f64(r, z, 2.0 / 13.0);
  r = fma_f64(r, z, 2.0 / 11.0);
  r = fma_f64(r, z, 2.0 / 9.0);
  r = fma_f64(r, z, 2.0 / 7.0);
  r = fma_f64(r, z, 2.0 / 5.0);
  r = fma_f64(r, z, 2.0 / 3.0) * z;
  const double n = static_cast<double>(exponent);
  const double low = fma_f64(n, 0x1.a39ef35793c76p-33, s * (half_square + r));
  return fma_f64(n, 0x1.62e42fee00000p-1, f - (half_square - low));
}

// Both at once: sin and cos of x, |x| <= 2^24.
static inline void sincos_f64(double x, double* sine, double* cosine) {
  const double shifted = fma_f64(x, 0x1.45f306dc9c883p-1, kIntegerMagic64);
  const double n = shifted - kIntegerMagic64;
  double r = fma_f64(n, -0x1.921fb54442d18p+0, x);  // pi/2 in two parts; the first difference is exact
  r = fma_f64(n, -0x1.1a62633145c07p-54, r);
  const double z = r * r;
  double s = 1.0 / 355687428096000.0;
  s = fma_f64(s, z, -1.0 / 1307674368000.0);
  s = fma_f64(s, z, 1.0 / 6227020800.0);
  s = fma_f64(s, z, -1.0 / 39916800.0);
  s = fma_f64(s, z, 1.0 / 362880.0);
  s = fma_f64(s, z, -1.0 / 5040.0);
  s = fma_f64(s, z, 1.0 / 120.0);
  s = fma_f64(s, z, -1.0 / 6.0);
  s = fma_f64(s, z * r, r);
  double c = 1.0 / 20922789888000.0;
  c = fma_f64(c, z, -1.0 / 87178291200.0);
  c = fma_f64(c, z, 1.0 / 479001600.0);
  c = fma_f64(c, z, -1.0 / 3628800.0);
  c = fma_f64(c, z, 1.0 / 40320.0);
  c = fma_f64(c, z, -1.0 / 720.0);
  c = fma_f64(c, z, 1.0 / 24.0);
  c = fma_f64(c, z, -0.5);
  c = fma_f64(c, z, 1.0);
  const int64_t quadrant = integer_of_shifted(shifted) & 3;
  const double a = (quadrant & 1) != 0 ? c : s, b = (quadrant & 1) != 0 ? s : c;
  *sine = (quadrant & 2) != 0 ? -a : a;
  *cosine = quadrant == 1 || quadrant == 2 ? -b : b;
}

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
