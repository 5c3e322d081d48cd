#include "kernels/attention/attention_kernel.h"
#include "kernels/simd_math.h"
#include "kernels/tile.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr int kVectorsPerPanel = 16 / Native::kLanes;
// Register tiles: rows at a time and panels (of keys, or of 16 head dimensions) at a time.
#if FP8BENCH_ISA_LEVEL == 2
constexpr int kRows = 8, kPanels = 2;
#elif FP8BENCH_ISA_LEVEL == 1
constexpr int kRows = 4, kPanels = 1;
#else
constexpr int kRows = 1, kPanels = 1;
#endif
// Keys per step of p.v: their values (64 x 256 floats) stay in L2 while the head dimensions are walked.
constexpr int64_t kKeyStep = 64;

// E4M3 of a cache, which may hold NaN: the widening reads its codes as +-480.
struct CodecE4M3Any {
  using Element = uint8_t;
  template <class V>
  FP8BENCH_INLINE typename V::F load(const uint8_t* p) {
    const typename V::F value = V::mul(V::load_e4m3_256th(p), V::set1(256.0f));
    const typename V::F magnitude = V::from_bits(V::iand(V::bits(value), V::iset1(INT32_MAX)));
    return V::select(V::less(V::set1(448.0f), magnitude), V::set1(__builtin_nanf("")), value);
  }
};

// What q and the probabilities are multiplied by. Powers of two that overflow nothing: the chains keep their bits.
template <class Codec>
constexpr float kInputFactor = 1.0f;
template <>
constexpr float kInputFactor<CodecE4M3HalfScaled> = CodecE4M3HalfScaled::kInputFactor;

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <class Codec>
void scores_of(const AttentionRows& a, int64_t first_panel, int64_t panel_end) {
  for (int64_t r = 0; r < a.rows; r += kRows) {
    const int64_t rows = smaller(kRows, a.rows - r);
    using Element = typename Codec::Element;
    TileArgs<Element> args = {a.q + r * a.head_dim,
                              a.head_dim,
                              static_cast<const Element*>(a.keys) + first_panel * a.head_dim * 16,
                              16,
                              a.head_dim * 16,
                              a.head_dim,
                              a.scores + r * a.ld_scores,
                              a.ld_scores,
                              true};
    int64_t panel = first_panel;
    for (; panel + kPanels <= panel_end; panel += kPanels) {
      tile_rows<Native, kRows, kPanels * kVectorsPerPanel, Codec>(rows, args);
      args.b += kPanels * args.panel_step;
      args.c += kPanels * 16;
    }
    for (; panel < panel_end; ++panel) {
      tile_rows<Native, kRows, kVectorsPerPanel, Codec>(rows, args);
      args.b += args.panel_step;
      args.c += 16;
    }
  }
}

// scores <- exp(scale * score - max) over count keys of one row.
void exponentials(float* scores, int64_t count, float scale) {
  Native::F most = Native::set1(-__builtin_inff());
  int64_t j = 0;
  for (; j + Native::kLanes <= count; j += Native::kLanes) {
    const Native::F s = Native::mul(Native::set1(scale), Native::load(scores + j));
    Native::store(scores + j, s);
    most = Native::max(s, most);
  }
  float top = Native::reduce_max(most);
  for (; j < count; ++j) {
    scores[j] *= scale;
    top = Scalar::max(scores[j], top);
  }
  for (j = 0; j + Native::kLanes <= count; j += Native::kLanes) {
    Native::store(scores + j, exp_f32<Native>(Native::sub(Native::load(scores + j), Native::set1(top))));
  }
  for (; j < count; ++j) scores[j] = exp_f32<Scalar>(scores[j] - top);
}

// Sums in key order, one chain a row. Keys that a row does not see were set to +0, which leaves its positive sum as it
// is; that lets all rows run side by side, hiding the latency of the addition.
void sum_rows(const AttentionRows& a, int64_t count, float* sums) {
  float sum[kAttentionRows] = {};
  const float* row[kAttentionRows];
  for (int64_t r = 0; r < kAttentionRows; ++r) row[r] = a.scores + smaller(r, a.rows - 1) * a.ld_scores;
  for (int64_t j = 0; j < count; ++j) {
#pragma GCC unroll 8
    for (int64_t r = 0; r < kAttentionRows; ++r) sum[r] += row[r][j];
  }
  for (int64_t r = 0; r < kAttentionRows; ++r) sums[r] = sum[r];
}

void scale_rows(const AttentionRows& a, int64_t count, float factor) {
  for (int64_t r = 0; r < a.rows; ++r) {
    float* scores = a.scores + r * a.ld_scores;
    for (int64_t j = 0; j < count; ++j) scores[j] *= factor;
  }
}

template <class V, int NV, class Codec>
FP8BENCH_INLINE void weigh_columns(int64_t rows, TileArgs<typename Codec::Element>& args, int64_t& column,
                                   int64_t columns) {
  constexpr int64_t kWidth = NV * V::kLanes;
  for (; column + kWidth <= columns; column += kWidth) {
    tile_rows<V, kRows, NV, Codec>(rows, args);
    args.b += kWidth;
    args.c += kWidth;
  }
}

// out[rows] += e v over positions begin .. end - 1, which all the rows see.
template <class Codec>
void weigh(const AttentionRows& a, int64_t row, int64_t rows, int64_t begin, int64_t end, int64_t base) {
  for (int64_t key = begin; key < end; key += kKeyStep) {
    for (int64_t r = 0; r < rows; r += kRows) {
      using Element = typename Codec::Element;
      TileArgs<Element> args = {a.scores + (row + r) * a.ld_scores + key - base,
                                a.ld_scores,
                                static_cast<const Element*>(a.values) + key * a.head_dim,
                                a.head_dim,
                                16,
                                smaller(kKeyStep, end - key),
                                a.out + (row + r) * a.head_dim,
                                a.head_dim,
                                false};
      const int64_t now = smaller(kRows, rows - r);
      int64_t column = 0;
      weigh_columns<Native, kPanels * kVectorsPerPanel, Codec>(now, args, column, a.head_dim);
      if constexpr (kPanels > 1) weigh_columns<Native, kVectorsPerPanel, Codec>(now, args, column, a.head_dim);
      weigh_columns<Scalar, 1, Codec>(now, args, column, a.head_dim);
    }
  }
}

template <class Codec>
void attend_as(const AttentionRows& a) {
  const int64_t last = a.rows - 1, base = a.low[0] / 16 * 16, count = a.high[last] - base;
  scores_of<Codec>(a, base / 16, (a.high[last] + 15) / 16);
  for (int64_t r = 0; r < a.rows; ++r) {
    float* scores = a.scores + r * a.ld_scores;
    exponentials(scores + a.low[r] - base, a.high[r] - a.low[r], a.scale);
    for (int64_t j = 0; j < a.low[r] - base; ++j) scores[j] = 0.0f;
    for (int64_t j = a.high[r] - base; j < count; ++j) scores[j] = 0.0f;
  }
  float sums[kAttentionRows];
  sum_rows(a, count, sums);
  if constexpr (kInputFactor<Codec> != 1.0f) scale_rows(a, count, kInputFactor<Codec>);
  for (int64_t i = 0; i < a.rows * a.head_dim; ++i) a.out[i] = 0.0f;
  // The keys that all rows see go through one tile; a row's own keys before and after it, alone. (A product with e = 0
  // instead could turn -0 into +0.)
  const int64_t begin = a.low[last], end = a.high[0];
  if (begin < end) {
    for (int64_t r = 0; r < last; ++r) weigh<Codec>(a, r, 1, a.low[r], begin, base);
    weigh<Codec>(a, 0, a.rows, begin, end, base);
    for (int64_t r = 1; r < a.rows; ++r) weigh<Codec>(a, r, 1, end, a.high[r], base);
  } else {
    for (int64_t r = 0; r < a.rows; ++r) weigh<Codec>(a, r, 1, a.low[r], a.high[r], base);
  }
  for (int64_t r = 0; r < a.rows; ++r) {
    for (int64_t d = 0; d < a.head_dim; ++d) a.out[r * a.head_dim + d] /= sums[r];
  }
}

void attend(const AttentionRows& a) {
  switch (a.codec) {
    case KvCodec::kF32:
      return attend_as<CodecF32>(a);
    case KvCodec::kBF16:
      return attend_as<CodecBF16>(a);
    case KvCodec::kE4M3Scaled:
      return attend_as<CodecE4M3HalfScaled>(a);
    case KvCodec::kE4M3:
      return attend_as<CodecE4M3Any>(a);
  }
}

}  // namespace

extern const AttentionKernel attention_kernel;
const AttentionKernel attention_kernel = {attend};

}  // namespace fp8bench::FP8BENCH_ISA_NS
