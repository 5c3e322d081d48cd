// The AVX-512 BF16 unit and the decoding of weights for it and for AMX. Included by block_native.cc only: everything is
// compiled with that file's flags and must stay in its namespace (see simd.h).
//
// "Pairs" are the layout both units multiply: sixteen outputs' weights of two consecutive k, [16][2] BF16, 64 bytes.
// Panels hold [k][16], so two rows of BF16 are those 64 bytes in another order (one vpermw), four rows of E4M3 two
// such.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

struct DotUnit {
  using F = __m512;   // sixteen sums
  using P = __m512i;  // sixteen pairs
  FP8BENCH_INLINE F zero() { return _mm512_setzero_ps(); }
  FP8BENCH_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
  FP8BENCH_INLINE void store(float* p, F a) { _mm512_storeu_ps(p, a); }
  FP8BENCH_INLINE P load_pairs(const uint16_t* p) { return _mm512_loadu_si512(p); }
  FP8BENCH_INLINE void store_pairs(uint16_t* p, P a) { _mm512_storeu_si512(p, a); }
  FP8BENCH_INLINE P zero_pairs() { return _mm512_setzero_si512(); }
  // x[0], x[1] for all sixteen outputs.
  FP8BENCH_INLINE P broadcast(const uint16_t* x) {
    int32_t pair;
    __builtin_memcpy(&pair, x, sizeof(pair));
    return _mm512_set1_epi32(pair);
  }
  FP8BENCH_INLINE F dot(F acc, P x, P w) {
    return _mm512_dpbf16_ps(acc, __builtin_bit_cast(__m512bh, x), __builtin_bit_cast(__m512bh, w));
  }

  // [2][16] -> [16][2]
  FP8BENCH_INLINE P interleave(__m512i rows) {
    alignas(64) static constexpr uint16_t kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return _mm512_permutexvar_epi16(_mm512_load_si512(kOrder), rows);
  }

  static void round_row(const float* x, int64_t k, uint16_t* out) {
    const int64_t end = (k + 31) / 32 * 32;
    for (int64_t i = 0; i < end; i += 16) {
      const int64_t left = k - i;
      const __mmask16 mask = left >= 16  ? __mmask16{0xFFFF}
                             : left <= 0 ? __mmask16{0}
                                         : static_cast<__mmask16>((1u << left) - 1u);
      const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), __builtin_bit_cast(__m256i, rounded));
    }
  }
};

// Codecs: kRows rows of a panel become kRows / 2 pairs. decode_last takes the 1 .. kRows - 1 rows at the end of a panel
// and reads no further; missing rows are zero.
struct PairsBF16 {
  using Element = uint16_t;
  static constexpr int kRows = 2;
  FP8BENCH_INLINE void decode(const uint16_t* rows, __m512i* pairs) {
    pairs[0] = DotUnit::interleave(_mm512_loadu_si512(rows));
  }
  FP8BENCH_INLINE void decode_last(const uint16_t* rows, int64_t, __m512i* pairs) {
    pairs[0] = DotUnit::interleave(_mm512_maskz_loadu_epi16(0xFFFF, rows));
  }
};

#if FP8BENCH_NATIVE_VBMI
// The high and the low byte of every magnitude's BF16, 64 entries a register: two byte permutes look 64 weights up.
struct TablesE4M3 {
  alignas(64) uint8_t high[128], low[128];
  constexpr TablesE4M3() : high{}, low{} {
    for (int code = 0; code < 128; ++code) {
      const int exponent = code >> 3, mantissa = code & 7;
      int bits = ((exponent + 120) << 7) | (mantissa << 4);  // bias 127 instead of 7
      if (exponent == 0) {                                   // mantissa * 2^-9, normal in BF16
        int top = 2;
        while (top > 0 && (mantissa >> top) == 0) --top;
        bits = mantissa == 0 ? 0 : ((127 - 9 + top) << 7) | (((mantissa << (7 - top)) & 0x7F));
      }
      if (code == 0x7F) bits = 0x7FC0;
      high[code] = static_cast<uint8_t>(bits >> 8);
      low[code] = static_cast<uint8_t>(bits & 0xFF);
    }
  }
};
constexpr TablesE4M3 kTablesE4M3;

// Bytes of four rows in the order in which unpacking high and low bytes gives pairs: lane l of 16 bytes holds outputs
// 4l .. 4l+3 of rows 0 and 1, then of rows 2 and 3.
struct OrderE4M3 {
  alignas(64) uint8_t index[64];
  constexpr OrderE4M3() : index{} {
    for (int i = 0; i < 64; ++i) {
      const int lane = i / 16, byte = i % 16;
      index[i] = static_cast<uint8_t>((byte / 8 * 2 + byte % 2) * 16 + lane * 4 + byte % 8 / 2);
    }
  }
};
constexpr OrderE4M3 kOrderE4M3;

struct PairsE4M3 {
  using Element = uint8_t;
  static constexpr int kRows = 4;
  FP8BENCH_INLINE void decode_bytes(__m512i rows, __m512i* pairs) {
    const __m512i codes = _mm512_permutexvar_epi8(_mm512_load_si512(kOrderE4M3.index), rows);
    const __m512i low =
        _mm512_permutex2var_epi8(_mm512_load_si512(kTablesE4M3.low), codes, _mm512_load_si512(kTablesE4M3.low + 64));
    const __m512i magnitude =
        _mm512_permutex2var_epi8(_mm512_load_si512(kTablesE4M3.high), codes, _mm512_load_si512(kTablesE4M3.high + 64));
    // magnitude | (codes & 0x80)
    const __m512i high = _mm512_ternarylogic_epi32(magnitude, codes, _mm512_set1_epi8(-128), 0xF8);
    pairs[0] = _mm512_unpacklo_epi8(low, high);
    pairs[1] = _mm512_unpackhi_epi8(low, high);
  }
  FP8BENCH_INLINE void decode(const uint8_t* rows, __m512i* pairs) { decode_bytes(_mm512_loadu_si512(rows), pairs); }
  FP8BENCH_INLINE void decode_last(const uint8_t* rows, int64_t count, __m512i* pairs) {
    decode_bytes(_mm512_maskz_loadu_epi8((__mmask64{1} << (16 * count)) - 1, rows), pairs);
  }
};
#else
// Without byte permutes: the code's bits in their place of a BF16, plus the difference of the biases; the seven
// subnormal magnitudes and zero come from a table.
struct PairsE4M3 {
  using Element = uint8_t;
  static constexpr int kRows = 4;
  FP8BENCH_INLINE __m512i decode_two(__m256i rows) {
    alignas(64) static constexpr uint16_t kSubnormals[32] = {0x0000, 0x3B00, 0x3B80, 0x3BC0,
                                                             0x3C00, 0x3C20, 0x3C40, 0x3C60};
    const __m512i codes = _mm512_cvtepi8_epi16(rows);
    const __m512i moved = _mm512_and_si512(_mm512_slli_epi16(codes, 4), _mm512_set1_epi16(0x07F0));
    const __m512i normal = _mm512_add_epi16(moved, _mm512_set1_epi16(0x3C00));
    const __mmask32 subnormal = _mm512_testn_epi16_mask(codes, _mm512_set1_epi16(0x78));
    const __m512i magnitude = _mm512_mask_permutexvar_epi16(
        normal, subnormal, _mm512_and_si512(codes, _mm512_set1_epi16(7)), _mm512_load_si512(kSubnormals));
    const __m512i value =  // magnitude | (codes & 0x8000): the sign was extended
        _mm512_ternarylogic_epi32(magnitude, codes, _mm512_set1_epi16(INT16_MIN), 0xF8);
    return DotUnit::interleave(value);
  }
  FP8BENCH_INLINE void decode(const uint8_t* rows, __m512i* pairs) {
    pairs[0] = decode_two(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows)));
    pairs[1] = decode_two(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows + 32)));
  }
  FP8BENCH_INLINE void decode_last(const uint8_t* rows, int64_t count, __m512i* pairs) {
    const __m512i bytes = _mm512_maskz_loadu_epi8((__mmask64{1} << (16 * count)) - 1, rows);
    pairs[0] = decode_two(_mm512_castsi512_si256(bytes));
    pairs[1] = decode_two(_mm512_extracti64x4_epi64(bytes, 1));
  }
};
#endif

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
