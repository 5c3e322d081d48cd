// A block of rows times a run of panels, written against a dot unit (sixteen outputs, one pair of k at a time), a codec
// that decodes panels into pairs, and a tile unit. block_native.cc fills in the hardware's, the tests software's.
#pragma once
#include "kernels/native_gemm/native_kernel.h"
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kPairElements = 2 * kLanes;  // of one pair of k: 64 bytes

FP8BENCH_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// y = (sum * row_scale) * col_scale for the valid outputs.
static void finish(const NativeBlock& g, const float* sums, int64_t ld_sums, int64_t row, int64_t rows, int64_t col,
                   int64_t cols) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = sums + r * ld_sums;
    float* out = g.y + (row + r) * g.ldy + col;
    const float* col_scales = g.col_scales == nullptr ? nullptr : g.col_scales + col;
    for (int64_t c = 0; c < cols; ++c) {
      float value = in[c];
      if (g.row_scales != nullptr) value *= g.row_scales[row + r];
      if (col_scales != nullptr) value *= col_scales[c];
      out[c] = value;
    }
  }
}

// Few rows: R of them by P panels of sums in registers over the whole of k, weights decoded as they stream by.
template <class Dot, class Codec, int R, int P>
static void few_rows_tile(const NativeBlock& g, int64_t panel) {
  constexpr int kPairs = Codec::kRows / 2;
  // The processor's prefetchers follow a stream only up to the end of a page: ask for lines ahead of it.
  constexpr int64_t kAhead = 2048 / P;  // bytes
  typename Dot::F acc[R][P];
  for (auto& of_row : acc)
    for (auto& sum : of_row) sum = Dot::zero();
  const int64_t panel_step = g.k * kLanes;
  const auto* weights = static_cast<const typename Codec::Element*>(g.panels) + panel * panel_step;
  // One pair of x at a time against all panels: more of them would push the sums out of the registers.
  const auto multiply = [&](const typename Dot::P(&w)[P][kPairs], int64_t k) __attribute__((always_inline)) {
#pragma GCC unroll 2
    for (int j = 0; j < kPairs; ++j) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const typename Dot::P pair = Dot::broadcast(g.x + r * g.ldx + k + 2 * j);
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) acc[r][p] = Dot::dot(acc[r][p], pair, w[p][j]);
      }
    }
  };
  typename Dot::P pairs[P][kPairs];
  const int64_t whole = g.k / Codec::kRows * Codec::kRows;
  for (int64_t k = 0; k < whole; k += Codec::kRows) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) {
      const auto* at = weights + p * panel_step + k * kLanes;
      __builtin_prefetch(reinterpret_cast<const char*>(at) + kAhead);
      Codec::decode(at, pairs[p]);
    }
    multiply(pairs, k);
  }
  if (whole < g.k) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) Codec::decode_last(weights + p * panel_step + whole * kLanes, g.k - whole, pairs[p]);
    multiply(pairs, whole);
  }
  alignas(64) float sums[R * P * kLanes];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) Dot::store(sums + (r * P + p) * kLanes, acc[r][p]);
  }
  const int64_t col = panel * kLanes;
  finish(g, sums, P * kLanes, 0, R, col, least(P * kLanes, g.cols - col));
}

// What the 32 registers hold beside the decoded pairs of every panel and the constants of decoding.
constexpr int kFewRows = 8;
constexpr int few_panels(int rows) { return rows <= 3 ? 4 : 2; }

template <class Dot, class Codec, int R>
static void few_rows(const NativeBlock& g) {
  if constexpr (R > 1) {
    if (g.rows < R) return few_rows<Dot, Codec, R - 1>(g);
  }
  const int64_t panels = (g.cols + kLanes - 1) / kLanes;
  int64_t panel = 0;
  for (; panel + few_panels(R) <= panels; panel += few_panels(R)) few_rows_tile<Dot, Codec, R, few_panels(R)>(g, panel);
  for (; panel < panels; ++panel) few_rows_tile<Dot, Codec, R, 1>(g, panel);
}

// Few tiles between two steps: the next step's weights are asked for while this one's are decoded.
constexpr int64_t kDecodeAhead = 256;  // rows of a panel

// Decodes rows k .. k + steps - 1 of a panel into pairs, and zeros up to `padded` rows.
template <class Dot, class Codec>
static void decode_panel(const typename Codec::Element* rows, int64_t steps, int64_t padded, uint16_t* out) {
  constexpr int kPairs = Codec::kRows / 2;
  typename Dot::P pairs[kPairs];
  int64_t k = 0;
  for (; k + Codec::kRows <= steps; k += Codec::kRows) {
    __builtin_prefetch(rows + (k + kDecodeAhead) * kLanes, 0, 2);
    Codec::decode(rows + k * kLanes, pairs);
    for (int j = 0; j < kPairs; ++j) Dot::store_pairs(out + (k / 2 + j) * kPairElements, pairs[j]);
  }
  if (k < steps) {
    Codec::decode_last(rows + k * kLanes, steps - k, pairs);
    for (int j = 0; j < kPairs && k / 2 + j < padded / 2; ++j)
      Dot::store_pairs(out + (k / 2 + j) * kPairElements, pairs[j]);
    k += Codec::kRows;
  }
  for (k = (k + 1) / 2 * 2; k < padded; k += 2) Dot::store_pairs(out + k / 2 * kPairElements, Dot::zero_pairs());
}

// Many rows on the dot unit: R x P register tiles over decoded weights; sums rest in memory between steps of k.
template <class Dot, int R, int P>
static void dot_tile(const uint16_t* x, int64_t ldx, const uint16_t* weights, int64_t panel_step, int64_t pairs,
                     float* sums, int64_t ld_sums, bool first) {
  typename Dot::F acc[R][P];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) acc[r][p] = first ? Dot::zero() : Dot::load(sums + r * ld_sums + p * kLanes);
  }
  for (int64_t i = 0; i < pairs; ++i) {
    typename Dot::P w[P];
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) w[p] = Dot::load_pairs(weights + p * panel_step + i * kPairElements);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const typename Dot::P value = Dot::broadcast(x + r * ldx + 2 * i);
#pragma GCC unroll 8
      for (int p = 0; p < P; ++p) acc[r][p] = Dot::dot(acc[r][p], value, w[p]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) Dot::store(sums + r * ld_sums + p * kLanes, acc[r][p]);
  }
}

template <class Dot, int R, int P>
static void dot_rows(int64_t rows, const uint16_t* x, int64_t ldx, const uint16_t* weights, int64_t panel_step,
                     int64_t pairs, float* sums, int64_t ld_sums, bool first) {
  if constexpr (R > 1) {
    if (rows < R) return dot_rows<Dot, R - 1, P>(rows, x, ldx, weights, panel_step, pairs, sums, ld_sums, first);
  }
  dot_tile<Dot, R, P>(x, ldx, weights, panel_step, pairs, sums, ld_sums, first);
}

constexpr int kDotRows = 12, kDotPanels = 2;
constexpr int64_t kDotBlockRows = 192;
constexpr int64_t kDotStep = 256;  // inputs whose decoded weights stay in L1

template <class Dot, class Codec, int P>
static void dot_panels(const NativeBlock& g, int64_t panel, int64_t row, int64_t rows) {
  constexpr int64_t kWidth = P * kLanes;
  const auto* panels = static_cast<const typename Codec::Element*>(g.panels) + panel * g.k * kLanes;
  alignas(64) uint16_t weights[P * kDotStep * kLanes];
  alignas(64) float sums[kDotBlockRows * kWidth];
  if (g.k == 0) {
    for (float& sum : sums) sum = 0.0f;
  }
  // Tiles of equal height: 16 rows are 8 + 8, not 12 + 4.
  const int64_t tiles = (rows + kDotRows - 1) / kDotRows, height = (rows + tiles - 1) / tiles;
  for (int64_t k = 0; k < g.k; k += kDotStep) {
    const int64_t steps = least(kDotStep, g.k - k), pairs = (steps + 1) / 2;
    for (int p = 0; p < P; ++p)
      decode_panel<Dot, Codec>(panels + (p * g.k + k) * kLanes, steps, 2 * pairs, weights + p * kDotStep * kLanes);
    for (int64_t r = 0; r < rows; r += height)
      dot_rows<Dot, kDotRows, P>(least(height, rows - r), g.x + (row + r) * g.ldx + k, g.ldx, weights,
                                 kDotStep * kLanes, pairs, sums + r * kWidth, kWidth, k == 0);
  }
  const int64_t col = panel * kLanes;
  finish(g, sums, kWidth, row, rows, col, least(kWidth, g.cols - col));
}

template <class Dot, class Codec>
static void dot_block(const NativeBlock& g) {
  if (g.rows <= kFewRows) return few_rows<Dot, Codec, kFewRows>(g);
  const int64_t panels = (g.cols + kLanes - 1) / kLanes;
  for (int64_t row = 0; row < g.rows; row += kDotBlockRows) {
    const int64_t rows = least(kDotBlockRows, g.rows - row);
    int64_t panel = 0;
    for (; panel + kDotPanels <= panels; panel += kDotPanels) dot_panels<Dot, Codec, kDotPanels>(g, panel, row, rows);
    for (; panel < panels; ++panel) dot_panels<Dot, Codec, 1>(g, panel, row, rows);
  }
}

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
