// A block of rows on a tile unit: 2 x 2 tiles of sums, 32 rows by 32 outputs, over weights decoded into pairs. Sixteen
// pairs of a panel are a tile of weights as they lie, sixteen rows of x by 32 columns a tile of inputs.
#pragma once
#include "kernels/native_gemm/blocks.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr int64_t kTileRows = 16, kTileColumns = 32;  // of inputs
constexpr int64_t kTileBlockRows = 512;               // decoding costs about as much as multiplying 50 rows
constexpr int64_t kTileStep = 512;                    // inputs whose decoded weights, 32 KiB, stay in L1

// R x P tiles of sums in tiles 0..3, inputs in 4 and 5, weights in 6 and 7.
template <class Tiles, int R, int P>
static void tile_step(const uint16_t* x, int64_t ldx, const uint16_t* weights, int64_t panel_step, int64_t columns,
                      float* sums, int64_t ld_sums, bool first) {
  const int64_t sum_stride = ld_sums * static_cast<int64_t>(sizeof(float));
  const int64_t x_stride = ldx * static_cast<int64_t>(sizeof(uint16_t));
  float* below = sums + kTileRows * ld_sums;
  if (first) {
    Tiles::template zero<0>();
    if constexpr (P > 1) Tiles::template zero<1>();
    if constexpr (R > 1) Tiles::template zero<2>();
    if constexpr (R > 1 && P > 1) Tiles::template zero<3>();
  } else {
    Tiles::template load<0>(sums, sum_stride);
    if constexpr (P > 1) Tiles::template load<1>(sums + kLanes, sum_stride);
    if constexpr (R > 1) Tiles::template load<2>(below, sum_stride);
    if constexpr (R > 1 && P > 1) Tiles::template load<3>(below + kLanes, sum_stride);
  }
  constexpr int64_t kWeightTile = kTileColumns / 2 * kPairElements, kWeightStride = 64;
  for (int64_t k = 0; k < columns; k += kTileColumns, x += kTileColumns, weights += kWeightTile) {
    Tiles::template load<6>(weights, kWeightStride);
    Tiles::template load<4>(x, x_stride);
    Tiles::template dot<0, 4, 6>();
    if constexpr (P > 1) {
      Tiles::template load<7>(weights + panel_step, kWeightStride);
      Tiles::template dot<1, 4, 7>();
    }
    if constexpr (R > 1) {
      Tiles::template load<5>(x + kTileRows * ldx, x_stride);
      Tiles::template dot<2, 5, 6>();
      if constexpr (P > 1) Tiles::template dot<3, 5, 7>();
    }
  }
  Tiles::template store<0>(sums, sum_stride);
  if constexpr (P > 1) Tiles::template store<1>(sums + kLanes, sum_stride);
  if constexpr (R > 1) Tiles::template store<2>(below, sum_stride);
  if constexpr (R > 1 && P > 1) Tiles::template store<3>(below + kLanes, sum_stride);
}

template <class Tiles, class Dot, class Codec, int P>
static void tile_panels(const NativeBlock& g, int64_t panel, int64_t row, int64_t rows) {
  constexpr int64_t kWidth = P * kLanes;
  const auto* panels = static_cast<const typename Codec::Element*>(g.panels) + panel * g.k * kLanes;
  alignas(64) uint16_t weights[P * kTileStep * kLanes];
  alignas(64) float sums[kTileBlockRows * kWidth];
  if (g.k == 0) {
    for (float& sum : sums) sum = 0.0f;
  }
  for (int64_t k = 0; k < g.k; k += kTileStep) {
    const int64_t steps = least(kTileStep, g.k - k);
    const int64_t columns = (steps + kTileColumns - 1) / kTileColumns * kTileColumns;
    for (int p = 0; p < P; ++p)
      decode_panel<Dot, Codec>(panels + (p * g.k + k) * kLanes, steps, columns, weights + p * kTileStep * kLanes);
    for (int64_t r = 0; r < rows; r += 2 * kTileRows) {
      const uint16_t* x = g.x + (row + r) * g.ldx + k;
      if (rows - r > kTileRows)
        tile_step<Tiles, 2, P>(x, g.ldx, weights, kTileStep * kLanes, columns, sums + r * kWidth, kWidth, k == 0);
      else
        tile_step<Tiles, 1, P>(x, g.ldx, weights, kTileStep * kLanes, columns, sums + r * kWidth, kWidth, k == 0);
    }
  }
  const int64_t col = panel * kLanes;
  finish(g, sums, kWidth, row, rows, col, least(kWidth, g.cols - col));
}

template <class Tiles, class Dot, class Codec>
static void tile_block(const NativeBlock& g) {
  if (g.rows <= kFewRows) return few_rows<Dot, Codec, kFewRows>(g);
  Tiles::configure();
  const int64_t panels = (g.cols + kLanes - 1) / kLanes;
  for (int64_t row = 0; row < g.rows; row += kTileBlockRows) {
    const int64_t rows = least(kTileBlockRows, g.rows - row);
    int64_t panel = 0;
    for (; panel + 2 <= panels; panel += 2) tile_panels<Tiles, Dot, Codec, 2>(g, panel, row, rows);
    if (panel < panels) tile_panels<Tiles, Dot, Codec, 1>(g, panel, row, rows);
  }
  Tiles::release();
}

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
