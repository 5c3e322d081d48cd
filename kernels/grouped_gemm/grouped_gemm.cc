#include "kernels/grouped_gemm/grouped_gemm.h"

#include <algorithm>
#include <vector>

#include "kernels/gemm/blocks.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

struct Item {
  size_t expert;
  BlockRange range;  // rows counted from the expert's first
};

GemmArgs expert_args(const GroupedGemmArgs& args, size_t expert) {
  const PackedMatrix& w = args.weights[expert];
  const int64_t first = args.offsets[expert];
  GemmArgs one;
  one.x = args.x + first * w.k;
  one.m = args.offsets[expert + 1] - first;
  one.w = &w;
  one.row_scales = args.row_scales == nullptr ? nullptr : args.row_scales + first;
  one.y = args.y + first * w.n;
  return one;
}

// Blocks of every expert that has rows, expert by expert, so that neighbours read the same weights.
std::vector<Item> work_items(const GroupedGemmArgs& args, const GemmKernel& kernel) {
  std::vector<Item> items;
  for (size_t expert = 0; expert < args.weights.size(); ++expert) {
    const PackedMatrix& w = args.weights[expert];
    const int64_t m = args.offsets[expert + 1] - args.offsets[expert];
    if (m == 0 || w.n == 0) continue;
    const int64_t panels = (w.n + kPanel - 1) / kPanel;
    const BlockShape shape = block_shape(kernel, m, w.n, w.k);
    for (int64_t row = 0; row < m; row += shape.rows) {
      for (int64_t panel = 0; panel < panels; panel += shape.panels) {
        items.push_back({expert, {row, std::min(shape.rows, m - row), panel, std::min(shape.panels, panels - panel)}});
      }
    }
  }
  return items;
}

}  // namespace

void grouped_gemm(const GroupedGemmArgs& args) {
  if (args.weights.empty()) return;
  const GemmKernel& kernel = gemm_kernel_for(active_isa());
  const std::vector<Item> items = work_items(args, kernel);
  if (items.empty()) return;
  const int64_t count = static_cast<int64_t>(items.size());
  const int64_t products = args.offsets.back() * args.weights[0].n * args.weights[0].k;
  const int64_t grain = std::max<int64_t>(1, (count << 17) / std::max<int64_t>(1, products));
  parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Item& item = items[static_cast<size_t>(i)];
      run_block(kernel, expert_args(args, item.expert), item.range);
    }
  });
}

}  // namespace fp8bench
