// The register tile that gemm, grouped_gemm and attention share: c[r][v] (+)= sum_k x[r][k] b[k][v], one fma chain per
// output, k ascending. R rows by NV vectors of accumulators live in registers.
#pragma once
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

// Vectors of outputs come in panels of 16; panel p of step k begins at b + k * k_step + p * panel_step (elements).
template <class Element>
struct TileArgs {
  const float* x;  // row r at x + r * ldx
  int64_t ldx;
  const Element* b;
  int64_t k_step, panel_step;
  int64_t k;
  float* c;  // row r at c + r * ldc, NV * kLanes floats
  int64_t ldc;
  bool first;  // chains start at +0, otherwise they go on from c
};

// One k: acc[r][v] = fma(x[r], b[v], acc[r][v]). The smaller side of the outer product waits in registers, the other
// passes by.
template <class V, int R, int NV, class Codec>
FP8BENCH_INLINE void tile_step(const float* x, int64_t ldx, const typename Codec::Element* b, int64_t panel_step,
                               typename V::F (&acc)[R][NV]) {
  constexpr int kPerPanel = 16 / V::kLanes;
  if constexpr (R < NV) {
    typename V::F values[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) values[r] = V::set1(x[r * ldx]);
#pragma GCC unroll 64
    for (int v = 0; v < NV; ++v) {
      const typename V::F weight =
          Codec::template load<V>(b + (v / kPerPanel) * panel_step + (v % kPerPanel) * V::kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) acc[r][v] = V::fma(values[r], weight, acc[r][v]);
    }
  } else {
    typename V::F weights[NV];
#pragma GCC unroll 64
    for (int v = 0; v < NV; ++v) {
      weights[v] = Codec::template load<V>(b + (v / kPerPanel) * panel_step + (v % kPerPanel) * V::kLanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const typename V::F value = V::set1(x[r * ldx]);
#pragma GCC unroll 64
      for (int v = 0; v < NV; ++v) acc[r][v] = V::fma(value, weights[v], acc[r][v]);
    }
  }
}

template <class V, int R, int NV, class Codec>
FP8BENCH_INLINE void tile(const TileArgs<typename Codec::Element>& args) {
  using Element = typename Codec::Element;
  constexpr int kPerPanel = 16 / V::kLanes;
  constexpr int kPanels = (NV + kPerPanel - 1) / kPerPanel;
  typename V::F acc[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 64
    for (int v = 0; v < NV; ++v) {
      acc[r][v] = args.first ? V::set1(0.0f) : V::load(args.c + r * args.ldc + v * V::kLanes);
    }
  }
  const float* x = args.x;
  const Element* b = args.b;
  int64_t k = 0;
  // Weights in their own dtype stream from memory. The processor's prefetchers follow a stream only up to the end of a
  // page: ask for lines ahead of it, each once. Behind a panel's end lies the next one, which this pass reads beside
  // it: from there the panels of the next pass are asked for.
  if constexpr (sizeof(Element) < sizeof(float)) {
    constexpr int64_t kLine = 64 / (16 * static_cast<int64_t>(sizeof(Element)));  // steps of k to a cache line
    constexpr int64_t kAhead = 2048 / kPanels / 64 * kLine;                       // steps; measured
    for (; k + kLine <= args.k; k += kLine) {
      const Element* ahead = b + kAhead * args.k_step + (k + kAhead < args.k ? 0 : (kPanels - 1) * args.panel_step);
#pragma GCC unroll 8
      for (int p = 0; p < kPanels; ++p) __builtin_prefetch(ahead + p * args.panel_step);
#pragma GCC unroll 4
      for (int i = 0; i < kLine; ++i, ++x, b += args.k_step) {
        tile_step<V, R, NV, Codec>(x, args.ldx, b, args.panel_step, acc);
      }
    }
  }
  for (; k < args.k; ++k, ++x, b += args.k_step) tile_step<V, R, NV, Codec>(x, args.ldx, b, args.panel_step, acc);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 64
    for (int v = 0; v < NV; ++v) V::store(args.c + r * args.ldc + v * V::kLanes, acc[r][v]);
  }
}

// The same for a number of rows known only at run time, 1 <= rows <= R.
template <class V, int R, int NV, class Codec>
static void tile_rows(int64_t rows, const TileArgs<typename Codec::Element>& args) {
  if constexpr (R == 1) {
    tile<V, 1, NV, Codec>(args);
  } else {
    if (rows == R) return tile<V, R, NV, Codec>(args);
    tile_rows<V, R - 1, NV, Codec>(rows, args);
  }
}

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
