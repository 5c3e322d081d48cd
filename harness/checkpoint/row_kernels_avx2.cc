// 8 quotients at a time. True division, as in the specification: at 8 lanes per 5 cycles it is not what limits the row.
#include "harness/checkpoint/row_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>

namespace fp8bench {
namespace {

#define FP8_AVX2 __attribute__((target("avx2")))

FP8_AVX2 uint16_t amax(const uint16_t* weights, size_t count) {
  const __m256i magnitude = _mm256_set1_epi16(0x7FFF);
  __m256i largest = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + i));
    largest = _mm256_max_epu16(largest, _mm256_and_si256(w, magnitude));
  }
  alignas(32) uint16_t lanes[16];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), largest);
  uint16_t result = *std::max_element(lanes, lanes + 16);
  return std::max(result, kPortableRowKernels.amax(weights + i, count - i));
}

// Codes without sign, one per 32-bit lane; see the portable version for the two branches.
template <bool kDirect>
FP8_AVX2 inline __m256i encode8(__m128i weights, __m256 scale) {
  const __m256i bits = _mm256_slli_epi32(_mm256_cvtepu16_epi32(weights), 16);
  __m256 quotient = _mm256_div_ps(_mm256_castsi256_ps(_mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF))), scale);
  if constexpr (!kDirect) {
    const __m256i q = _mm256_castps_si256(quotient);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(q, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(q, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
    quotient = _mm256_castsi256_ps(_mm256_and_si256(rounded, _mm256_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
  quotient = _mm256_min_ps(quotient, _mm256_set1_ps(448.0f));
  const __m256 shift = _mm256_set1_ps(0x1p14f);
  const __m256i small =
      _mm256_sub_epi32(_mm256_castps_si256(_mm256_add_ps(quotient, shift)), _mm256_castps_si256(shift));
  const __m256i q = _mm256_castps_si256(quotient);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(q, 20), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(q, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFFF)));
  const __m256i normal = _mm256_sub_epi32(_mm256_srli_epi32(rounded, 20), _mm256_set1_epi32((127 - 7) << 3));
  const __m256 is_small = _mm256_cmp_ps(quotient, _mm256_set1_ps(0x1p-6f), _CMP_LT_OQ);
  const __m256i code = _mm256_blendv_epi8(normal, small, _mm256_castps_si256(is_small));
  return _mm256_or_si256(code, _mm256_and_si256(_mm256_srli_epi32(bits, 24), _mm256_set1_epi32(0x80)));
}

template <bool kDirect>
FP8_AVX2 size_t encode_blocks(const uint16_t* weights, size_t count, float scale, uint8_t* codes) {
  const __m256 divisor = _mm256_set1_ps(scale);
  // The packs work within 128-bit halves; this puts the eight groups of four bytes back in order.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m128i* in = reinterpret_cast<const __m128i*>(weights + i);
    const __m256i a = encode8<kDirect>(_mm_loadu_si128(in), divisor),
                  b = encode8<kDirect>(_mm_loadu_si128(in + 1), divisor);
    const __m256i c = encode8<kDirect>(_mm_loadu_si128(in + 2), divisor),
                  d = encode8<kDirect>(_mm_loadu_si128(in + 3), divisor);
    const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), _mm256_permutevar8x32_epi32(packed, order));
  }
  return i;
}

FP8_AVX2 void encode(const uint16_t* weights, size_t count, float scale, bool direct, uint8_t* codes) {
  const size_t done =
      direct ? encode_blocks<true>(weights, count, scale, codes) : encode_blocks<false>(weights, count, scale, codes);
  kPortableRowKernels.encode(weights + done, count - done, scale, direct, codes + done);
}

FP8_AVX2 inline int64_t sum_bytes(__m256i bytes) {
  const __m256i sums = _mm256_sad_epu8(bytes, _mm256_setzero_si256());
  return _mm256_extract_epi64(sums, 0) + _mm256_extract_epi64(sums, 1) + _mm256_extract_epi64(sums, 2) +
         _mm256_extract_epi64(sums, 3);
}

FP8_AVX2 CodeCounts count_codes(const uint8_t* codes, size_t count) {
  const __m256i magnitude = _mm256_set1_epi8(0x7F), largest = _mm256_set1_epi8(0x7E);
  const __m256i zero = _mm256_setzero_si256(), normal = _mm256_set1_epi8(8);
  CodeCounts counts;
  size_t i = 0;
  while (i + 32 <= count) {
    // A byte counter holds 255 comparisons (each subtracts -1) before it must be summed.
    const size_t end = std::min(i + 32 * 255, count / 32 * 32);
    __m256i nans = zero, largests = zero, zeros = zero, smalls = zero;
    for (; i < end; i += 32) {
      const __m256i m = _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + i)), magnitude);
      nans = _mm256_sub_epi8(nans, _mm256_cmpeq_epi8(m, magnitude));
      largests = _mm256_sub_epi8(largests, _mm256_cmpeq_epi8(m, largest));
      zeros = _mm256_sub_epi8(zeros, _mm256_cmpeq_epi8(m, zero));
      smalls = _mm256_sub_epi8(smalls, _mm256_cmpgt_epi8(normal, m));  // zero and subnormal
    }
    counts.nan += sum_bytes(nans);
    counts.largest += sum_bytes(largests);
    counts.zero += sum_bytes(zeros);
    counts.subnormal += sum_bytes(smalls) - sum_bytes(zeros);
  }
  const CodeCounts rest = kPortableRowKernels.count(codes + i, count - i);
  return {counts.nan + rest.nan, counts.largest + rest.largest, counts.zero + rest.zero,
          counts.subnormal + rest.subnormal};
}

constexpr RowKernels kTable = {"avx2", amax, encode, count_codes};

}  // namespace

const RowKernels* const kAvx2RowKernels = &kTable;

}  // namespace fp8bench

#else
namespace fp8bench {
const RowKernels* const kAvx2RowKernels = nullptr;
}
#endif
