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

template <class V, int R, int NV, class Codec>
FP8BENCH_INLINE void tile(const TileArgs<typename Codec::Element>& args) {
  constexpr int kPerPanel = 16 / V::kLanes;
  constexpr int kPanels = (NV + kPerPanel - 1) / kPerPanel;
  // Weights in their own dtype stream from memory. The processor's prefetchers follow a stream only up to the end of a
  // page: ask for lines ahead of it (bytes, all panels together; measured).
  constexpr int kPrefetch = sizeof(typename Codec::Element) < sizeof(float) ? 2048 / kPanels : 0;
  typename V::F acc[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 64
    for (int v = 0; v < NV; ++v) {
      acc[r][v] = args.first ? V::set1(0.0f) : V::load(args.c + r * args.ldc + v * V::kLanes);
    }
  }
  const float* x = args.x;
  const typename Codec::Element* b = args.b;
  for (int64_t k = 0; k < args.k; ++k, b += args.k_step) {
    if constexpr (kPrefetch > 0) {
#pragma GCC unroll 8
      for (int p = 0; p < kPanels; ++p) {
        __builtin_prefetch(reinterpret_cast<const char*>(b + p * args.panel_step) + kPrefetch);
      }
    }
    // The smaller side of the outer product waits in registers, the other passes by.
    if constexpr (R < NV) {
      typename V::F values[R];
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        values[r] = V::set1(x[r * args.ldx + k]);
        if constexpr (Codec::kInputFactor != 1.0f) values[r] = V::mul(values[r], V::set1(Codec::kInputFactor));
      }
#pragma GCC unroll 64
      for (int v = 0; v < NV; ++v) {
        const typename V::F weight =
            Codec::template load<V>(b + (v / kPerPanel) * args.panel_step + (v % kPerPanel) * V::kLanes);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) acc[r][v] = V::fma(values[r], weight, acc[r][v]);
      }
    } else {
      static_assert(Codec::kInputFactor == 1.0f, "with few weights per input the factor belongs to the weights");
      typename V::F weights[NV];
#pragma GCC unroll 64
      for (int v = 0; v < NV; ++v) {
        weights[v] = Codec::template load<V>(b + (v / kPerPanel) * args.panel_step + (v % kPerPanel) * V::kLanes);
      }
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const typename V::F value = V::set1(x[r * args.ldx + k]);
#pragma GCC unroll 64
        for (int v = 0; v < NV; ++v) acc[r][v] = V::fma(value, weights[v], acc[r][v]);
      }
    }
  }
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
