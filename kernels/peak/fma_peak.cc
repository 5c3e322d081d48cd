#include "kernels/peak/fma_peak.h"

#include <immintrin.h>

#include <cmath>
#include <cstring>

namespace fp8bench {
namespace {

// Twelve chains cover a latency of four to six cycles at two multiply-adds a cycle. The volatile sink keeps the work.
constexpr int kChains = 12;
volatile float fma_sink;

__attribute__((target("avx2,fma"))) int64_t fma_avx2(int64_t rounds) {
  __m256 acc[kChains];
  for (auto& a : acc) a = _mm256_set1_ps(1.0f);
  const __m256 x = _mm256_set1_ps(0.9999999f), y = _mm256_set1_ps(1e-9f);
  for (int64_t r = 0; r < rounds; ++r)
    for (auto& a : acc) a = _mm256_fmadd_ps(a, x, y);
  __m256 sum = acc[0];
  for (int c = 1; c < kChains; ++c) sum = _mm256_add_ps(sum, acc[c]);
  fma_sink = _mm256_cvtss_f32(sum);
  return rounds * kChains * 8 * 2;
}

__attribute__((target("avx512f"))) int64_t fma_avx512(int64_t rounds) {
  __m512 acc[kChains];
  for (auto& a : acc) a = _mm512_set1_ps(1.0f);
  const __m512 x = _mm512_set1_ps(0.9999999f), y = _mm512_set1_ps(1e-9f);
  for (int64_t r = 0; r < rounds; ++r)
    for (auto& a : acc) a = _mm512_fmadd_ps(a, x, y);
  __m512 sum = acc[0];
  for (int c = 1; c < kChains; ++c) sum = _mm512_add_ps(sum, acc[c]);
  fma_sink = _mm512_cvtss_f32(sum);
  return rounds * kChains * 16 * 2;
}

int64_t fma_portable(int64_t rounds) {
  float acc[kChains];
  for (auto& a : acc) a = 1.0f;
  for (int64_t r = 0; r < rounds; ++r)
    for (auto& a : acc) a = std::fma(a, 0.9999999f, 1e-9f);
  float sum = 0.0f;
  for (const float a : acc) sum += a;
  fma_sink = sum;
  return rounds * kChains * 2;
}

}  // namespace

int64_t run_fma_rounds(Isa isa, int64_t rounds) {
  switch (canonical_isa(isa)) {
    case Isa::kAvx512:
      return fma_avx512(rounds);
    case Isa::kAvx2:
      return fma_avx2(rounds);
    default:
      break;
  }
  return fma_portable(rounds);
}

uint64_t read_memory(const void* data, int64_t count, int streams) {
  constexpr int64_t kLine = 64, kAhead = 16 * kLine;  // bytes
  const auto* bytes = static_cast<const unsigned char*>(data);
  const int64_t each = count / streams / kLine * kLine;
  uint64_t sums[8] = {};
  for (int64_t i = 0; i < each; i += kLine)
    for (int s = 0; s < streams; ++s) {
      const unsigned char* line = bytes + s * each + i;
      _mm_prefetch(reinterpret_cast<const char*>(line + kAhead), _MM_HINT_T0);  // past the end is harmless
      for (int lane = 0; lane < 8; ++lane) {
        uint64_t word = 0;
        std::memcpy(&word, line + 8 * lane, sizeof(word));
        sums[lane] += word;
      }
    }
  uint64_t total = 0;
  for (const uint64_t sum : sums) total += sum;
  return total;
}

}  // namespace fp8bench
