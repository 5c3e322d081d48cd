// AVX-512-BF16: vdpbf16ps adds two BF16 products to each of sixteen float32 sums.
#include "kernels/peak/peak_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace fp8bench {

__attribute__((target("avx512f,avx512bf16,avx512vl"))) int64_t bf16_dot_rounds(int64_t rounds) {
  const auto x = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f803f80));  // 1.0 twice
  const auto y = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x2f802f80));  // 2^-32 twice
  __m512 c0 = _mm512_set1_ps(1.0f), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  __m512 c6 = c0, c7 = c0, c8 = c0, c9 = c0, c10 = c0, c11 = c0;
  for (int64_t r = 0; r < rounds; ++r) {
    c0 = _mm512_dpbf16_ps(c0, x, y), c1 = _mm512_dpbf16_ps(c1, x, y), c2 = _mm512_dpbf16_ps(c2, x, y);
    c3 = _mm512_dpbf16_ps(c3, x, y), c4 = _mm512_dpbf16_ps(c4, x, y), c5 = _mm512_dpbf16_ps(c5, x, y);
    c6 = _mm512_dpbf16_ps(c6, x, y), c7 = _mm512_dpbf16_ps(c7, x, y), c8 = _mm512_dpbf16_ps(c8, x, y);
    c9 = _mm512_dpbf16_ps(c9, x, y), c10 = _mm512_dpbf16_ps(c10, x, y), c11 = _mm512_dpbf16_ps(c11, x, y);
    asm volatile("" : "+v"(c0), "+v"(c1), "+v"(c2), "+v"(c3), "+v"(c4), "+v"(c5));
    asm volatile("" : "+v"(c6), "+v"(c7), "+v"(c8), "+v"(c9), "+v"(c10), "+v"(c11));
  }
  return rounds * kPeakChains * 16 * 2 * 2;
}

}  // namespace fp8bench
#endif
