// Rotary embedding of queries. It works in place: a sample copies its input first, which is counted as traffic.
#include "kernels/rope/rope.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "bench/cases/checks.h"
#include "bench/cases/row_op.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"heads", Axis::Kind::kCount, "", "", 1, 1024, "heads of a token"},
    Axis{"head_dim", Axis::Kind::kCount, "", "", 2, 4096, "elements of a head"},
    Axis{"rotated", Axis::Kind::kCount, "", "", 1, 2048, "pairs that rotate"},
    kTokensAxis,
    kInputAxis,
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "f32", "f32", 0, 0, "who takes part"},
};

struct Rope {
  int64_t heads, head_dim;
  std::vector<float> inv_freq;
  std::vector<int32_t> positions;
  RopeArgs args(float* x, int64_t first, int64_t tokens) const {
    return {.x = x,
            .tokens = tokens,
            .heads = heads,
            .head_dim = head_dim,
            .positions = positions.data() + first,
            .inv_freq = inv_freq};
  }
};

// Two products and a sum, each rounded, of a rounded cosine and sine.
double judge(const Rope& rope_of, const RowSet& set, int64_t row) {
  const int64_t width = rope_of.heads * rope_of.head_dim, half = rope_of.head_dim / 2;
  const float* x = set.x.data() + row * width;
  std::vector<float> exact(x, x + width);
  rope_ref(rope_of.args(exact.data(), row, 1));
  double worst = 0.0;
  for (int64_t i = 0; i < width; ++i) {
    const int64_t partner = i % rope_of.head_dim < half ? i + half : i - half;
    const double size = std::fabs(static_cast<double>(x[i])) + std::fabs(static_cast<double>(x[partner]));
    const double share =
        error_share(set.y[static_cast<size_t>(row * width + i)], exact[static_cast<size_t>(i)], 4.0 * 0x1p-24 * size);
    keep_worst(worst, share);
  }
  return worst;
}

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  const auto work = std::make_shared<Rope>();
  work->heads = spec.count("heads");
  work->head_dim = spec.count("head_dim");
  work->inv_freq = rope_inv_freq(10000.0, work->head_dim, spec.count("rotated"));
  const int64_t rows = spec.count("tokens"), width = work->heads * work->head_dim;
  work->positions.resize(static_cast<size_t>(rows));
  std::iota(work->positions.begin(), work->positions.end(), 1000);
  RowOp op{.rows = rows, .in = width, .out = width, .contenders = {}};
  op.contenders.push_back({.name = "f32",
                           .run =
                               [work, rows](RowSet& set) {
                                 std::copy(set.x.begin(), set.x.end(), set.y.begin());
                                 rope(work->args(set.y.data(), 0, rows));
                               },
                           .judge = [work](const RowSet& set, int64_t row) { return judge(*work, set, row); },
                           .bytes_per_row = 8.0 * static_cast<double>(width)});
  return build_row_op(spec, context, std::move(op));
}

}  // namespace

const Op kRopeOp{"rope", "rotary embedding, split halves, with the copy that working in place needs", kAxes, build};

}  // namespace fp8bench
