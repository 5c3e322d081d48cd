// One row of activations times E4M3 panels, bound by decoding where memory is fast: 64 codes at once. Compiled once,
// with VBMI and GFNI, beside the avx512 objects (kernels/CMakeLists.txt).
#include "kernels/gemm/gemm_block.h"
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr int64_t kLanes = 16, kSteps = 4;  // of k: 64 codes, a cache line

// Code s eeee mmm becomes the float32 bits s 0000 eeee mmm 0...: the value times 2^-120, as CodecE4M3ShiftScaled. Their
// upper bytes are s0000eee and emmm0000, each a permutation of the code's bits. vgf2p8affineqb: bit b of the result is
// the parity of the code and byte 7 - b of the matrix.
constexpr int64_t kUpperByte = (int64_t{0x10} << 56) | (int64_t{0x20} << 48) | (int64_t{0x40} << 40) | 0x80;
constexpr int64_t kLowerByte = (int64_t{0x01} << 24) | (int64_t{0x02} << 16) | (int64_t{0x04} << 8) | 0x08;

// Bytes of four rows of a panel in the order in which interleaving upper and lower bytes leaves, in each 32 bits, the
// halves of one output's weights of two rows.
struct Order {
  alignas(64) uint8_t index[64];
  constexpr Order() : index{} {
    for (int i = 0; i < 64; ++i) {
      const int lane = i / 16, byte = i % 16;
      index[i] = static_cast<uint8_t>((byte / 8 * 2 + byte % 2) * 16 + lane * 4 + byte % 8 / 2);
    }
  }
};
constexpr Order kOrder;

FP8BENCH_INLINE void decode(const uint8_t* rows, __m512 (&w)[kSteps]) {
  const __m512i codes = _mm512_permutexvar_epi8(_mm512_load_si512(kOrder.index), _mm512_loadu_si512(rows));
  const __m512i upper = _mm512_gf2p8affine_epi64_epi8(codes, _mm512_set1_epi64(kUpperByte), 0);
  const __m512i lower = _mm512_gf2p8affine_epi64_epi8(codes, _mm512_set1_epi64(kLowerByte), 0);
  const __m512i first = _mm512_unpacklo_epi8(lower, upper), second = _mm512_unpackhi_epi8(lower, upper);
  const __m512i high_half = _mm512_set1_epi32(static_cast<int32_t>(0xFFFF0000u));
  w[0] = _mm512_castsi512_ps(_mm512_slli_epi32(first, 16));
  w[1] = _mm512_castsi512_ps(_mm512_and_si512(first, high_half));
  w[2] = _mm512_castsi512_ps(_mm512_slli_epi32(second, 16));
  w[3] = _mm512_castsi512_ps(_mm512_and_si512(second, high_half));
}

// P panels side by side: as many chains hide the latency of fma, and as many streams that of memory.
template <int P>
FP8BENCH_INLINE void chains(const float* x, int64_t k, const uint8_t* weights, float* sums) {
  constexpr int64_t kAhead = 2048 / P;  // bytes; the prefetchers stop at the end of a page
  __m512 acc[P];
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) acc[p] = _mm512_setzero_ps();
  const int64_t panel_step = k * kLanes;
  int64_t i = 0;
  for (; i + kSteps <= k; i += kSteps) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) {
      const uint8_t* rows = weights + p * panel_step + i * kLanes;
      __builtin_prefetch(rows + kAhead);
      __m512 w[kSteps];
      decode(rows, w);
#pragma GCC unroll 4
      for (int64_t j = 0; j < kSteps; ++j) acc[p] = _mm512_fmadd_ps(_mm512_set1_ps(x[i + j]), w[j], acc[p]);
    }
  }
  for (; i < k; ++i) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p)
      acc[p] =
          _mm512_fmadd_ps(_mm512_set1_ps(x[i]), Native::load_e4m3_tiny(weights + p * panel_step + i * kLanes), acc[p]);
  }
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) _mm512_storeu_ps(sums + p * kLanes, acc[p]);
}

int64_t row_chains(const float* x, int64_t k, const uint8_t* weights, int64_t panels, float* sums) {
  constexpr int kMost = 8, kLeast = 4;
  int64_t panel = 0;
  for (; panel + kMost <= panels; panel += kMost)
    chains<kMost>(x, k, weights + panel * k * kLanes, sums + panel * kLanes);
  for (; panel + kLeast <= panels; panel += kLeast)
    chains<kLeast>(x, k, weights + panel * k * kLanes, sums + panel * kLanes);
  return panel;
}

}  // namespace

extern const E4M3RowChains e4m3_row_chains;
const E4M3RowChains e4m3_row_chains = row_chains;

}  // namespace fp8bench::FP8BENCH_ISA_NS
