#include "kernels/gemm/gemm_block.h"
#include "kernels/tile.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr int kPanelLanes = 16;
constexpr int kVectorsPerPanel = kPanelLanes / Native::kLanes;

// Register tiles, rows x panels, within the register file (16 of 8 lanes, 32 of 16 lanes). Many rows: the tile with the
// most products per load. Few rows: as many panels side by side as that file holds, because one chain alone waits for
// the latency of fma and one panel alone for memory.
#if FP8BENCH_ISA_LEVEL == 2
constexpr int kFewRows = 12, kLargeRows = 12, kLargePanels = 2;
constexpr int few_panels(int rows) { return rows <= 6 ? 4 : 2; }
#elif FP8BENCH_ISA_LEVEL == 1
constexpr int kFewRows = 6, kLargeRows = 6, kLargePanels = 1;
constexpr int few_panels(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }
#else
constexpr int kFewRows = 2, kLargeRows = 1, kLargePanels = 1;
constexpr int few_panels(int) { return 1; }
#endif
// Panels that few-row passes take before the next pass: their weights stay in L2.
constexpr int64_t kFewPanels = 4;
// Few-row passes over BF16 and float32 weights win at any height (widening is one shift); E4M3 costs five operations,
// which more rows than these share better through a decoded copy (measured).
constexpr int64_t kSmallRows = 2 * kFewRows;

// Inputs per step of the many-row loop: the decoded weights of a step (kStep x kLargePanels x 16 floats) stay in L1.
constexpr int64_t kStep = 128;
constexpr int64_t kRowsAtOnce = 96;

// y = (sum * row_scale) * col_scale for the valid outputs, the sums first multiplied by a power of two.
void finish(const GemmBlock& g, const float* sums, int64_t ld_sums, int64_t row, int64_t rows, int64_t col,
            int64_t cols, float factor) {
  const float* col_scales = g.col_scales == nullptr ? nullptr : g.col_scales + col;
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = sums + r * ld_sums;
    float* out = g.y + (row + r) * g.ldy + col;
    const float row_scale = g.row_scales == nullptr ? 1.0f : g.row_scales[row + r];
    if (col_scales == nullptr) {
      for (int64_t c = 0; c < cols; ++c) out[c] = (in[c] * factor) * row_scale;
    } else {
      for (int64_t c = 0; c < cols; ++c) out[c] = ((in[c] * factor) * row_scale) * col_scales[c];
    }
  }
}

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t panels_of(const GemmBlock& g) { return (g.cols + kPanelLanes - 1) / kPanelLanes; }

// The outputs lie a row apart and are written once: without this each line is waited for.
void prefetch_outputs(const GemmBlock& g, int64_t row, int64_t rows, int64_t col, int64_t cols) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* out = g.y + (row + r) * g.ldy + col;
    for (int64_t c = 0; c < cols; c += kPanelLanes) __builtin_prefetch(out + c, 1, 2);
  }
}

// What finished chains are multiplied by.
template <class Codec>
constexpr float kOutputFactor = 1.0f;
template <>
constexpr float kOutputFactor<CodecE4M3ShiftScaled> = CodecE4M3ShiftScaled::kOutputFactor;

// R rows, panels in groups of P, each chain over the whole of k without leaving its register.
template <class Codec, int R, int P>
int64_t few_rows_panels(const GemmBlock& g, int64_t row, int64_t panel, int64_t panel_end) {
  using Element = typename Codec::Element;
  const Element* panels = static_cast<const Element*>(g.panels);
  alignas(64) float sums[R * P * kPanelLanes];
  for (; panel + P <= panel_end; panel += P) {
    const int64_t col = panel * kPanelLanes, cols = smaller(P * kPanelLanes, g.cols - col);
    prefetch_outputs(g, row, R, col, cols);
    tile<Native, R, P * kVectorsPerPanel, Codec>({g.x + row * g.k, g.k, panels + panel * g.k * kPanelLanes, kPanelLanes,
                                                  g.k * kPanelLanes, g.k, sums, P * kPanelLanes, true});
    finish(g, sums, P * kPanelLanes, row, R, col, cols, kOutputFactor<Codec>);
  }
  return panel;
}

template <class Codec, int R>
void few_rows(const GemmBlock& g, int64_t row, int64_t rows, int64_t panel, int64_t panel_end) {
  if constexpr (R > 1) {
    if (rows < R) return few_rows<Codec, R - 1>(g, row, rows, panel, panel_end);
  }
  constexpr int kPanels = few_panels(R);
  panel = few_rows_panels<Codec, R, kPanels>(g, row, panel, panel_end);
  if constexpr (kPanels > 1) few_rows_panels<Codec, R, 1>(g, row, panel, panel_end);
}

// Passes of equal height: 7 = 4 + 3 rather than 6 + 1.
template <class Codec>
void few_rows_passes(const GemmBlock& g) {
  const int64_t panel_end = panels_of(g);
  const int64_t passes = (g.rows + kFewRows - 1) / kFewRows, height = (g.rows + passes - 1) / passes;
  for (int64_t panel = 0; panel < panel_end; panel += kFewPanels) {
    for (int64_t row = 0; row < g.rows; row += height) {
      few_rows<Codec, kFewRows>(g, row, smaller(height, g.rows - row), panel, smaller(panel + kFewPanels, panel_end));
    }
  }
}

// Decodes P panels' weights of k .. k + steps - 1 into [steps][P * 16].
template <class Codec, int P>
void decode(const typename Codec::Element* panels, int64_t panel_step, int64_t steps, float* out) {
  for (int64_t k = 0; k < steps; ++k) {
    for (int p = 0; p < P; ++p) {
      for (int v = 0; v < kVectorsPerPanel; ++v) {
        const int64_t lane = v * Native::kLanes;
        Native::store(out + (k * P + p) * kPanelLanes + lane,
                      Codec::template load<Native>(panels + p * panel_step + k * kPanelLanes + lane));
      }
    }
  }
}

// Asks for the lines that a step of P panels will decode, while the products of the step before run: they come from
// memory, and decoding alone is too short to wait for it.
template <class Element, int P>
void prefetch_step(const Element* panels, int64_t panel_step, int64_t steps) {
  constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(Element));
  for (int p = 0; p < P; ++p) {
    for (int64_t i = 0; i < steps * kPanelLanes; i += kLine) __builtin_prefetch(panels + p * panel_step + i, 0, 2);
  }
}

// The weights are decoded once per block of rows; the chains pause in `sums` between steps, exactly.
template <class Codec, int P>
void many_rows_panels(const GemmBlock& g, int64_t panel, int64_t row, int64_t rows) {
  constexpr int64_t kWidth = P * kPanelLanes;
  const auto* panels = static_cast<const typename Codec::Element*>(g.panels) + panel * g.k * kPanelLanes;
  const int64_t col = panel * kPanelLanes, cols = smaller(kWidth, g.cols - col);
  alignas(64) float weights[kStep * kWidth];
  alignas(64) float sums[kRowsAtOnce * kWidth];
  if (g.k == 0) {
    for (float& sum : sums) sum = 0.0f;
  }
  for (int64_t k = 0; k < g.k; k += kStep) {
    const int64_t steps = smaller(kStep, g.k - k);
    decode<Codec, P>(panels + k * kPanelLanes, g.k * kPanelLanes, steps, weights);
    const bool last = k + steps == g.k;
    if (last) prefetch_outputs(g, row, rows, col, cols);
    const auto* next = last ? panels + P * g.k * kPanelLanes : panels + (k + steps) * kPanelLanes;
    if (!last || panel + 2 * P <= panels_of(g)) {
      prefetch_step<typename Codec::Element, P>(next, g.k * kPanelLanes,
                                                last ? kStep : smaller(kStep, g.k - k - steps));
    }
    for (int64_t r = 0; r < rows; r += kLargeRows) {
      const TileArgs<float> args = {g.x + (row + r) * g.k + k, g.k,    weights, kWidth, kPanelLanes, steps,
                                    sums + r * kWidth,         kWidth, k == 0};
      tile_rows<Native, kLargeRows, P * kVectorsPerPanel, CodecF32>(smaller(kLargeRows, rows - r), args);
    }
  }
  finish(g, sums, kWidth, row, rows, col, cols, 1.0f);
}

template <class Codec>
void many_rows(const GemmBlock& g) {
  const int64_t panel_end = panels_of(g);
  for (int64_t row = 0; row < g.rows; row += kRowsAtOnce) {
    const int64_t rows = smaller(kRowsAtOnce, g.rows - row);
    int64_t panel = 0;
    for (; panel + kLargePanels <= panel_end; panel += kLargePanels)
      many_rows_panels<Codec, kLargePanels>(g, panel, row, rows);
    for (; panel < panel_end; ++panel) many_rows_panels<Codec, 1>(g, panel, row, rows);
  }
}

// Inputs times the codec's factor into the scratch. False if one of them is outside the codec's range, NaN included.
template <class Codec>
bool scale_inputs(const GemmBlock& g) {
  const Native::F factor = Native::set1(Codec::kInputFactor), zero = Native::set1(0.0f), one = Native::set1(1.0f);
  const Native::F least = Native::set1(Codec::kLeast), most = Native::set1(Codec::kMost);
  Native::F outside = zero;
  const int64_t count = g.rows * g.k;
  int64_t i = 0;
  for (; i + Native::kLanes <= count; i += Native::kLanes) {
    const Native::F x = Native::load(g.x + i);
    const Native::F magnitude = Native::from_bits(Native::iand(Native::bits(x), Native::iset1(INT32_MAX)));
    outside = Native::select(Native::less(magnitude, most), outside, one);
    const Native::F if_small = Native::select(Native::less(zero, magnitude), one, outside);
    if (Codec::kLeast > 0.0f) outside = Native::select(Native::less(magnitude, least), if_small, outside);
    Native::store(g.scratch + i, Native::mul(x, factor));
  }
  bool all = Native::reduce_max(outside) == 0.0f;
  for (; i < count; ++i) {
    const float magnitude = __builtin_fabsf(g.x[i]);
    all = all && magnitude < Codec::kMost && (magnitude == 0.0f || magnitude >= Codec::kLeast);
    g.scratch[i] = g.x[i] * Codec::kInputFactor;
  }
  return all;
}

// One row by byte permutes; panels that are too few for those, the usual way.
void one_row_by_bytes(const GemmBlock& scaled) {
  constexpr int64_t kGroup = 8;
  alignas(64) float sums[kGroup * kPanelLanes];
  const int64_t panel_end = panels_of(scaled);
  for (int64_t panel = 0; panel < panel_end; panel += kGroup) {
    const int64_t end = smaller(panel + kGroup, panel_end), col = panel * kPanelLanes;
    const int64_t cols = smaller(kGroup * kPanelLanes, scaled.cols - col);
    prefetch_outputs(scaled, 0, 1, col, cols);
    const auto* weights = static_cast<const uint8_t*>(scaled.panels) + panel * scaled.k * kPanelLanes;
    const int64_t done = scaled.row_chains(scaled.x, scaled.k, weights, end - panel, sums);
    finish(scaled, sums, 0, 0, 1, col, smaller(cols, done * kPanelLanes), kOutputFactor<CodecE4M3ShiftScaled>);
    few_rows<CodecE4M3ShiftScaled, 1>(scaled, 0, 1, panel + done, end);
  }
}

template <class Exact, class Scaled>
void block_e4m3(const GemmBlock& g) {
  if (g.rows > kSmallRows || !scale_inputs<Scaled>(g)) return many_rows<Exact>(g);
  GemmBlock scaled = g;
  scaled.x = g.scratch;
  if constexpr (Scaled::kOutputFactor != 1.0f) {  // the codec that row_chains shares
    if (g.rows == 1 && g.row_chains != nullptr) return one_row_by_bytes(scaled);
  }
  few_rows_passes<Scaled>(scaled);
}

void block(const GemmBlock& g) {
  if (g.rows == 0 || g.cols == 0) return;
  switch (g.codec) {
    case WeightCodec::kF32:
      return few_rows_passes<CodecF32>(g);
    case WeightCodec::kBF16:
      return few_rows_passes<CodecBF16>(g);
    case WeightCodec::kE4M3:
      if (g.e4m3_route == E4M3Route::kShift) return block_e4m3<CodecE4M3Shift, CodecE4M3ShiftScaled>(g);
      return block_e4m3<CodecE4M3Half, CodecE4M3HalfScaled>(g);
  }
}

}  // namespace

extern const GemmKernel gemm_kernel;
const GemmKernel gemm_kernel = {block, kSmallRows, kFewPanels};

}  // namespace fp8bench::FP8BENCH_ISA_NS
