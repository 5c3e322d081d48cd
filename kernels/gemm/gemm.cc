#include "kernels/gemm/gemm.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/gemm/blocks.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

// A piece of work below this many products is not worth a second thread.
constexpr int64_t kMinProducts = 1 << 17;
// Rows of a block: enough that decoding its weights is cheap beside the products. Panels: few-row blocks stream their
// weights, longer runs are better for the prefetchers.
constexpr int64_t kBlockRows = 96;
constexpr int64_t kStreamPanels = 8;

// Kept between calls: at most kernel.small_rows rows.
float* thread_scratch(int64_t floats) {
  static thread_local AlignedBytes bytes;
  const size_t size = static_cast<size_t>(floats) * sizeof(float);
  if (bytes.size() < size) bytes = AlignedBytes(size);
  return reinterpret_cast<float*>(bytes.data());
}

}  // namespace

WeightCodec weight_codec(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return WeightCodec::kF32;
    case DType::kBF16:
      return WeightCodec::kBF16;
    case DType::kF8E4M3:
      return WeightCodec::kE4M3;
    default:
      throw std::invalid_argument("gemm: expected F32, BF16 or F8_E4M3 weights, got " + std::string(dtype_name(dtype)));
  }
}

E4M3RowChains e4m3_row_chains() {
#if defined(__x86_64__)
  static const bool has_bytes = __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
  if (has_bytes && active_isa() >= Isa::kAvx512) return avx512bytes::e4m3_row_chains;
#endif
  return nullptr;
}

BlockShape block_shape(const GemmKernel& kernel, int64_t m, int64_t n, int64_t k) {
  const int64_t panels = (n + kPanel - 1) / kPanel;
  if (m <= kernel.small_rows) return {m, std::min(panels, kStreamPanels)};
  const int64_t rows = std::min(m, kBlockRows);
  // Group panels until a block is worth handing out.
  const int64_t products = std::max<int64_t>(1, rows * k * kPanel * kernel.panel_group);
  const int64_t groups = (kMinProducts + products - 1) / products;
  return {rows, std::min(panels, groups * kernel.panel_group)};
}

void run_block(const GemmKernel& kernel, const GemmArgs& args, const BlockRange& range) {
  const PackedMatrix& w = *args.w;
  const int64_t col = range.panel * kPanel;
  GemmBlock block;
  block.x = args.x + range.row * w.k;
  block.rows = range.rows;
  block.k = w.k;
  block.codec = weight_codec(w.dtype);
  block.panels = w.panels.data() + range.panel * w.k * kPanel * dtype_bits(w.dtype) / 8;
  block.cols = std::min(w.n - col, range.panels * kPanel);
  block.row_scales = args.row_scales == nullptr ? nullptr : args.row_scales + range.row;
  block.col_scales = w.scales.empty() ? nullptr : w.scales.data() + col;
  block.y = args.y + range.row * w.n + col;
  block.ldy = w.n;
  if (block.codec == WeightCodec::kE4M3) {
    block.e4m3_route = e4m3_route();
    if (block.rows == 1) block.row_chains = e4m3_row_chains();
    if (block.rows <= kernel.small_rows) block.scratch = thread_scratch(block.rows * block.k);
  }
  kernel.block(block);
}

void gemm(const GemmArgs& args) {
  const PackedMatrix& w = *args.w;
  const int64_t m = args.m, n = w.n;
  if (m == 0 || n == 0) return;
  const GemmKernel& kernel = gemm_kernel_for(active_isa());
  const int64_t panels = (n + kPanel - 1) / kPanel;
  const BlockShape shape = block_shape(kernel, m, n, w.k);
  const int64_t across = (panels + shape.panels - 1) / shape.panels, down = (m + shape.rows - 1) / shape.rows;
  const int64_t products = std::max<int64_t>(1, shape.rows * shape.panels * kPanel * w.k);
  parallel_for(across * down, (kMinProducts + products - 1) / products, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / across * shape.rows, panel = i % across * shape.panels;
      run_block(kernel, args, {row, std::min(shape.rows, m - row), panel, std::min(shape.panels, panels - panel)});
    }
  });
}

}  // namespace fp8bench
