// Float32 multiply-add rate, per instruction set. The empty assembler statement makes the compiler keep every chain in
// a register of its own and forbids it to fold rounds together.
#include <cmath>

#include "kernels/peak/peak_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fp8bench {
namespace {

constexpr float kFactor = 0.9999999f, kTerm = 1e-9f;  // values stay near 1: no subnormals, no infinities

}  // namespace

int64_t fma_portable_rounds(int64_t rounds) {
  float chains[kPeakChains];
  for (auto& c : chains) c = 1.0f;
  for (int64_t r = 0; r < rounds; ++r)
    for (auto& c : chains) c = std::fma(c, kFactor, kTerm);
  volatile float sink = 0.0f;
  for (const float c : chains) sink = sink + c;
  return rounds * kPeakChains * 2;
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) int64_t fma_avx2_rounds(int64_t rounds) {
  const __m256 x = _mm256_set1_ps(kFactor), y = _mm256_set1_ps(kTerm);
  __m256 c0 = _mm256_set1_ps(1.0f), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  __m256 c6 = c0, c7 = c0, c8 = c0, c9 = c0, c10 = c0, c11 = c0;
  for (int64_t r = 0; r < rounds; ++r) {
    c0 = _mm256_fmadd_ps(c0, x, y), c1 = _mm256_fmadd_ps(c1, x, y), c2 = _mm256_fmadd_ps(c2, x, y);
    c3 = _mm256_fmadd_ps(c3, x, y), c4 = _mm256_fmadd_ps(c4, x, y), c5 = _mm256_fmadd_ps(c5, x, y);
    c6 = _mm256_fmadd_ps(c6, x, y), c7 = _mm256_fmadd_ps(c7, x, y), c8 = _mm256_fmadd_ps(c8, x, y);
    c9 = _mm256_fmadd_ps(c9, x, y), c10 = _mm256_fmadd_ps(c10, x, y), c11 = _mm256_fmadd_ps(c11, x, y);
    asm volatile("" : "+x"(c0), "+x"(c1), "+x"(c2), "+x"(c3), "+x"(c4), "+x"(c5));
    asm volatile("" : "+x"(c6), "+x"(c7), "+x"(c8), "+x"(c9), "+x"(c10), "+x"(c11));
  }
  return rounds * kPeakChains * 8 * 2;
}

__attribute__((target("avx512f"))) int64_t fma_avx512_rounds(int64_t rounds) {
  const __m512 x = _mm512_set1_ps(kFactor), y = _mm512_set1_ps(kTerm);
  __m512 c0 = _mm512_set1_ps(1.0f), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  __m512 c6 = c0, c7 = c0, c8 = c0, c9 = c0, c10 = c0, c11 = c0;
  for (int64_t r = 0; r < rounds; ++r) {
    c0 = _mm512_fmadd_ps(c0, x, y), c1 = _mm512_fmadd_ps(c1, x, y), c2 = _mm512_fmadd_ps(c2, x, y);
    c3 = _mm512_fmadd_ps(c3, x, y), c4 = _mm512_fmadd_ps(c4, x, y), c5 = _mm512_fmadd_ps(c5, x, y);
    c6 = _mm512_fmadd_ps(c6, x, y), c7 = _mm512_fmadd_ps(c7, x, y), c8 = _mm512_fmadd_ps(c8, x, y);
    c9 = _mm512_fmadd_ps(c9, x, y), c10 = _mm512_fmadd_ps(c10, x, y), c11 = _mm512_fmadd_ps(c11, x, y);
    asm volatile("" : "+v"(c0), "+v"(c1), "+v"(c2), "+v"(c3), "+v"(c4), "+v"(c5));
    asm volatile("" : "+v"(c6), "+v"(c7), "+v"(c8), "+v"(c9), "+v"(c10), "+v"(c11));
  }
  return rounds * kPeakChains * 16 * 2;
}
#endif

}  // namespace fp8bench
