// The small vector type behind every *_isa.cc file. Such a file is compiled once per instruction set; everything here
// and there lives in namespace fp8bench::FP8BENCH_ISA_NS and, but for the one exported table, in an unnamed namespace
// inside: an inline function with external linkage compiled with -mavx512f could be the copy the linker keeps for
// everybody. For the same reason no standard library template is used in those files.
//
// A vector class V has kLanes float lanes: V::F floats, V::I their 32-bit patterns, V::M a comparison result.
// min(a, b) is a < b ? a : b and max(a, b) is a > b ? a : b, NaN included, on every set.
#pragma once
#include <cstdint>

#if FP8BENCH_ISA_LEVEL > 0
#include <immintrin.h>
#endif

#define FP8BENCH_INLINE static inline __attribute__((always_inline))

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

// One lane: the portable set, and the tails of the others.
struct Scalar {
  using F = float;
  using I = int32_t;
  using M = bool;
  static constexpr int kLanes = 1;
  FP8BENCH_INLINE F set1(float a) { return a; }
  FP8BENCH_INLINE I iset1(int32_t a) { return a; }
  FP8BENCH_INLINE F load(const float* p) { return *p; }
  FP8BENCH_INLINE void store(float* p, F a) { *p = a; }
  FP8BENCH_INLINE F fma(F a, F b, F c) { return __builtin_fmaf(a, b, c); }
  FP8BENCH_INLINE F add(F a, F b) { return a + b; }
  FP8BENCH_INLINE F sub(F a, F b) { return a - b; }
  FP8BENCH_INLINE F mul(F a, F b) { return a * b; }
  FP8BENCH_INLINE F div(F a, F b) { return a / b; }
  FP8BENCH_INLINE F min(F a, F b) { return a < b ? a : b; }
  FP8BENCH_INLINE F max(F a, F b) { return a > b ? a : b; }
  FP8BENCH_INLINE M less(F a, F b) { return a < b; }
  FP8BENCH_INLINE M unordered(F a) { return a != a; }
  FP8BENCH_INLINE F select(M m, F yes, F no) { return m ? yes : no; }
  FP8BENCH_INLINE I bits(F a) { return __builtin_bit_cast(int32_t, a); }
  FP8BENCH_INLINE F from_bits(I a) { return __builtin_bit_cast(float, a); }
  FP8BENCH_INLINE I iadd(I a, I b) { return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }
  FP8BENCH_INLINE I isub(I a, I b) { return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b)); }
  FP8BENCH_INLINE I iand(I a, I b) { return a & b; }
  FP8BENCH_INLINE I ior(I a, I b) { return a | b; }
  template <int kBits>
  FP8BENCH_INLINE I shift_left(I a) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) << kBits);
  }
  template <int kBits>
  FP8BENCH_INLINE I shift_right(I a) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) >> kBits);
  }
  template <int kBits>
  FP8BENCH_INLINE I shift_right_signed(I a) {
    return a >> kBits;
  }
  FP8BENCH_INLINE float reduce_max(F a) { return a; }
  FP8BENCH_INLINE F load_bf16(const uint16_t* p) { return __builtin_bit_cast(float, static_cast<uint32_t>(*p) << 16); }
  // The value times 2^-120: the code's bits in float32's place. Subnormal codes become subnormal floats; NaN codes read
  // as +-480.
  FP8BENCH_INLINE F load_e4m3_tiny(const uint8_t* p) {
    const uint32_t code = *p;
    return __builtin_bit_cast(float, (code & 0x80u) << 24 | (code & 0x7Fu) << 20);
  }
  // The value times 2^-8.
  FP8BENCH_INLINE F load_e4m3_256th(const uint8_t* p) { return load_e4m3_tiny(p) * 0x1p112f; }
};

#if FP8BENCH_ISA_LEVEL == 0
using Native = Scalar;
#endif

#if FP8BENCH_ISA_LEVEL == 1
struct Native {
  using F = __m256;
  using I = __m256i;
  using M = __m256;
  static constexpr int kLanes = 8;
  FP8BENCH_INLINE F set1(float a) { return _mm256_set1_ps(a); }
  FP8BENCH_INLINE I iset1(int32_t a) { return _mm256_set1_epi32(a); }
  FP8BENCH_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
  FP8BENCH_INLINE void store(float* p, F a) { _mm256_storeu_ps(p, a); }
  FP8BENCH_INLINE F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  FP8BENCH_INLINE F add(F a, F b) { return _mm256_add_ps(a, b); }
  FP8BENCH_INLINE F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  FP8BENCH_INLINE F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  FP8BENCH_INLINE F div(F a, F b) { return _mm256_div_ps(a, b); }
  FP8BENCH_INLINE F min(F a, F b) { return _mm256_min_ps(a, b); }
  FP8BENCH_INLINE F max(F a, F b) { return _mm256_max_ps(a, b); }
  FP8BENCH_INLINE M less(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  FP8BENCH_INLINE M unordered(F a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
  FP8BENCH_INLINE F select(M m, F yes, F no) { return _mm256_blendv_ps(no, yes, m); }
  FP8BENCH_INLINE I bits(F a) { return _mm256_castps_si256(a); }
  FP8BENCH_INLINE F from_bits(I a) { return _mm256_castsi256_ps(a); }
  FP8BENCH_INLINE I iadd(I a, I b) { return _mm256_add_epi32(a, b); }
  FP8BENCH_INLINE I isub(I a, I b) { return _mm256_sub_epi32(a, b); }
  FP8BENCH_INLINE I iand(I a, I b) { return _mm256_and_si256(a, b); }
  FP8BENCH_INLINE I ior(I a, I b) { return _mm256_or_si256(a, b); }
  template <int kBits>
  FP8BENCH_INLINE I shift_left(I a) {
    return _mm256_slli_epi32(a, kBits);
  }
  template <int kBits>
  FP8BENCH_INLINE I shift_right(I a) {
    return _mm256_srli_epi32(a, kBits);
  }
  template <int kBits>
  FP8BENCH_INLINE I shift_right_signed(I a) {
    return _mm256_srai_epi32(a, kBits);
  }
  FP8BENCH_INLINE float reduce_max(F a) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
  }
  FP8BENCH_INLINE F load_bf16(const uint16_t* p) {
    const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16));
  }
  FP8BENCH_INLINE F load_e4m3_tiny(const uint8_t* p) {
    const __m256i words = _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    const __m256i mask = _mm256_set1_epi32(static_cast<int32_t>(0x87F00000u));
    return _mm256_castsi256_ps(_mm256_and_si256(_mm256_slli_epi32(words, 20), mask));
  }
  // Through float16, whose wider exponent holds the code's value times 2^-8 exactly (subnormals become subnormals,
  // which vcvtph2ps reads at full speed).
  FP8BENCH_INLINE F load_e4m3_256th(const uint8_t* p) {
    const __m128i words = _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    const __m128i halves = _mm_and_si128(_mm_slli_epi16(words, 7), _mm_set1_epi16(static_cast<int16_t>(0xBFFF)));
    return _mm256_cvtph_ps(halves);
  }
};
#endif

#if FP8BENCH_ISA_LEVEL == 2
struct Native {
  using F = __m512;
  using I = __m512i;
  using M = __mmask16;
  static constexpr int kLanes = 16;
  FP8BENCH_INLINE F set1(float a) { return _mm512_set1_ps(a); }
  FP8BENCH_INLINE I iset1(int32_t a) { return _mm512_set1_epi32(a); }
  FP8BENCH_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
  FP8BENCH_INLINE void store(float* p, F a) { _mm512_storeu_ps(p, a); }
  FP8BENCH_INLINE F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  FP8BENCH_INLINE F add(F a, F b) { return _mm512_add_ps(a, b); }
  FP8BENCH_INLINE F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  FP8BENCH_INLINE F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  FP8BENCH_INLINE F div(F a, F b) { return _mm512_div_ps(a, b); }
  FP8BENCH_INLINE F min(F a, F b) { return _mm512_min_ps(a, b); }
  FP8BENCH_INLINE F max(F a, F b) { return _mm512_max_ps(a, b); }
  FP8BENCH_INLINE M less(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  FP8BENCH_INLINE M unordered(F a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  FP8BENCH_INLINE F select(M m, F yes, F no) { return _mm512_mask_blend_ps(m, no, yes); }
  FP8BENCH_INLINE I bits(F a) { return _mm512_castps_si512(a); }
  FP8BENCH_INLINE F from_bits(I a) { return _mm512_castsi512_ps(a); }
  FP8BENCH_INLINE I iadd(I a, I b) { return _mm512_add_epi32(a, b); }
  FP8BENCH_INLINE I isub(I a, I b) { return _mm512_sub_epi32(a, b); }
  FP8BENCH_INLINE I iand(I a, I b) { return _mm512_and_si512(a, b); }
  FP8BENCH_INLINE I ior(I a, I b) { return _mm512_or_si512(a, b); }
  template <int kBits>
  FP8BENCH_INLINE I shift_left(I a) {
    return _mm512_slli_epi32(a, kBits);
  }
  template <int kBits>
  FP8BENCH_INLINE I shift_right(I a) {
    return _mm512_srli_epi32(a, kBits);
  }
  template <int kBits>
  FP8BENCH_INLINE I shift_right_signed(I a) {
    return _mm512_srai_epi32(a, kBits);
  }
  FP8BENCH_INLINE float reduce_max(F a) { return _mm512_reduce_max_ps(a); }
  FP8BENCH_INLINE F load_bf16(const uint16_t* p) {
    const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
  }
  FP8BENCH_INLINE F load_e4m3_tiny(const uint8_t* p) {
    const __m512i words = _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const __m512i mask = _mm512_set1_epi32(static_cast<int32_t>(0x87F00000u));
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_slli_epi32(words, 20), mask));
  }
  FP8BENCH_INLINE F load_e4m3_256th(const uint8_t* p) {  // as AVX2, sixteen at once
    const __m256i words = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const __m256i halves =
        _mm256_and_si256(_mm256_slli_epi16(words, 7), _mm256_set1_epi16(static_cast<int16_t>(0xBFFF)));
    return _mm512_cvtph_ps(halves);
  }
};
#endif

// Weight codecs: how sixteen outputs of one k are stored. load() gives the weights.
struct CodecF32 {
  using Element = float;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const float* p) {
    return V::load(p);
  }
};
struct CodecBF16 {
  using Element = uint16_t;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const uint16_t* p) {
    return V::load_bf16(p);
  }
};
// E4M3, two routes from code to float32. Through float16: five operations, no float32 subnormals. By shifts: three, but
// subnormal codes pass through subnormal floats, which some processors handle in microcode, at 150 cycles each.
struct CodecE4M3Half {
  using Element = uint8_t;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const uint8_t* p) {
    return V::mul(V::load_e4m3_256th(p), V::set1(256.0f));
  }
};
struct CodecE4M3Shift {
  using Element = uint8_t;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const uint8_t* p) {
    return V::mul(V::load_e4m3_tiny(p), V::set1(0x1p120f));
  }
};
// The same without the product: load() gives the weights divided by a power of two; the inputs arrive multiplied by
// kInputFactor and the finished chains are multiplied by kOutputFactor. The bits are the exact codec's as long as no
// product or sum of the chain leaves the normal floats. Inputs of magnitude kLeast to kMost (or zero) guarantee that:
// scaled by 2^100, codes by 2^-120, the chain's values are 2^-20 times the true ones, those are multiples of
// kLeast 2^-23 2^-9 = 2^-92, and 2^-112 is a normal number; at the other end K 2^26 2^9 is far from the range's end.
// By 2^8 and 2^-8 the chain's values are the true ones.
struct CodecE4M3HalfScaled {
  using Element = uint8_t;
  static constexpr float kInputFactor = 0x1p8f, kOutputFactor = 1.0f, kLeast = 0.0f, kMost = 0x1p119f;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const uint8_t* p) {
    return V::load_e4m3_256th(p);
  }
};
struct CodecE4M3ShiftScaled {
  using Element = uint8_t;
  static constexpr float kInputFactor = 0x1p100f, kOutputFactor = 0x1p20f, kLeast = 0x1p-60f, kMost = 0x1p26f;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const uint8_t* p) {
    return V::load_e4m3_tiny(p);
  }
};

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
