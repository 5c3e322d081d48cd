// Square transpositions in 128-bit registers, which every x86-64 has: packing a checkpoint's weights is a pass over
// memory and should cost no more.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fp8bench {

// Sixteen rows of `k` elements into out[k][16].
template <class Element>
void transpose_columns(const std::byte* in, int64_t rows, int64_t k, int64_t begin, std::byte* out) {
  constexpr int64_t kSize = sizeof(Element);
  for (int64_t i = begin; i < k; ++i) {
    for (int64_t r = 0; r < rows; ++r) {
      std::memcpy(out + (i * 16 + r) * kSize, in + (r * k + i) * kSize, static_cast<size_t>(kSize));
    }
  }
}

#if defined(__SSE2__)
template <class Element>
__m128i interleave_low(__m128i a, __m128i b) {
  if constexpr (sizeof(Element) == 1) return _mm_unpacklo_epi8(a, b);
  if constexpr (sizeof(Element) == 2) return _mm_unpacklo_epi16(a, b);
  return _mm_unpacklo_epi32(a, b);
}

template <class Element>
__m128i interleave_high(__m128i a, __m128i b) {
  if constexpr (sizeof(Element) == 1) return _mm_unpackhi_epi8(a, b);
  if constexpr (sizeof(Element) == 2) return _mm_unpackhi_epi16(a, b);
  return _mm_unpackhi_epi32(a, b);
}

// L x L elements, L = 16 / size. One round of interleaving row i with row i + L/2 rotates the bits of (row, column) by
// one place; log2(L) rounds exchange row and column.
template <class Element>
void transpose_square(const std::byte* in, int64_t in_stride, std::byte* out, int64_t out_stride) {
  constexpr int kL = 16 / static_cast<int>(sizeof(Element));
  __m128i a[kL], b[kL];
#pragma GCC unroll 16
  for (int i = 0; i < kL; ++i) a[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i * in_stride));
#pragma GCC unroll 4
  for (int done = 1; done < kL; done *= 2) {
#pragma GCC unroll 16
    for (int i = 0; i < kL / 2; ++i) {
      b[2 * i] = interleave_low<Element>(a[i], a[i + kL / 2]);
      b[2 * i + 1] = interleave_high<Element>(a[i], a[i + kL / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kL; ++i) a[i] = b[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < kL; ++i) _mm_store_si128(reinterpret_cast<__m128i*>(out + i * out_stride), a[i]);
}

template <class Element>
void transpose_panel(const std::byte* in, int64_t k, std::byte* out) {
  constexpr int64_t kSize = sizeof(Element), kL = 16 / kSize;
  int64_t i = 0;
  for (; i + kL <= k; i += kL) {
    for (int64_t r = 0; r < 16; r += kL) {
      transpose_square<Element>(in + (r * k + i) * kSize, k * kSize, out + (i * 16 + r) * kSize, 16 * kSize);
    }
  }
  transpose_columns<Element>(in, 16, k, i, out);
}
#else
template <class Element>
void transpose_panel(const std::byte* in, int64_t k, std::byte* out) {
  transpose_columns<Element>(in, 16, k, 0, out);
}
#endif

}  // namespace fp8bench
