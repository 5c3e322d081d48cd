#include "kernels/native_gemm/native_gemm.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/isa.h"
#include "kernels/native_gemm/driver.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

// A piece of work below this many products is not worth a second thread.
constexpr int64_t kMinProducts = 1 << 18;
// Few-row blocks stream their weights: longer runs are better for the prefetchers.
constexpr int64_t kStreamPanels = 8;
// Values that one thread rounds before a second is worth waking.
constexpr int64_t kMinRounded = 1 << 16;

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

// x in BF16, in a buffer that its thread keeps: a forward pass rounds an input hundreds of times.
struct RoundedRows {
  const uint16_t* data;
  int64_t ld;
};

RoundedRows round_rows(const NativeKernel& kernel, const float* x, int64_t rows, int64_t k) {
  thread_local AlignedBytes buffer;
  // An odd number of lines per row: with a power of two the rows of a register tile would share the sets of L1.
  const int64_t lines = round_up(k, kNativeColumns) / kNativeColumns;
  const int64_t ld = (lines + (lines + 1) % 2) * kNativeColumns;
  const int64_t padded = round_up(rows, kNativeRows) + kNativeRows;  // a tile may begin at any row
  const size_t bytes = static_cast<size_t>(padded * ld) * sizeof(uint16_t);
  if (buffer.size() < bytes) buffer = AlignedBytes(bytes);
  auto* out = reinterpret_cast<uint16_t*>(buffer.data());
  parallel_for(rows, std::max<int64_t>(1, kMinRounded / std::max<int64_t>(1, k)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) kernel.round_row(x + row * k, k, out + row * ld);
  });
  std::memset(out + rows * ld, 0, static_cast<size_t>((padded - rows) * ld) * sizeof(uint16_t));
  return {out, ld};
}

struct BlockShape {
  int64_t rows, panels;
};

BlockShape block_shape(const NativeKernel& kernel, int64_t m, int64_t n, int64_t k) {
  const int64_t panels = (n + kPanel - 1) / kPanel;
  if (m <= kernel.few_rows) return {m, std::min(panels, kStreamPanels)};
  // Blocks of equal height, whole tiles each.
  const int64_t blocks = (m + kernel.block_rows - 1) / kernel.block_rows;
  const int64_t rows = std::min(m, round_up((m + blocks - 1) / blocks, kernel.tile_rows));
  const int64_t products = std::max<int64_t>(1, rows * k * kPanel * kernel.tile_panels);
  const int64_t groups = (kMinProducts + products - 1) / products;
  return {rows, std::min(panels, groups * kernel.tile_panels)};
}

// One expert's rows (of the whole of x) with its weights.
struct Product {
  int64_t first, rows;
  const PackedMatrix* w;
};

struct Item {
  Product product;
  int64_t row, rows, panel, panels;  // rows counted from the product's first
};

void append_items(const NativeKernel& kernel, const Product& product, std::vector<Item>& items) {
  const PackedMatrix& w = *product.w;
  if (product.rows == 0 || w.n == 0) return;
  const int64_t panels = (w.n + kPanel - 1) / kPanel;
  const BlockShape shape = block_shape(kernel, product.rows, w.n, w.k);
  for (int64_t row = 0; row < product.rows; row += shape.rows) {
    for (int64_t panel = 0; panel < panels; panel += shape.panels) {
      items.push_back(
          {product, row, std::min(shape.rows, product.rows - row), panel, std::min(shape.panels, panels - panel)});
    }
  }
}

struct Outputs {
  const float* row_scales;
  float* y;
};

void run_item(const NativeKernel& kernel, const RoundedRows& x, const Outputs& outputs, const Item& item) {
  const PackedMatrix& w = *item.product.w;
  const int64_t row = item.product.first + item.row, col = item.panel * kPanel;
  NativeBlock block;
  block.x = x.data + row * x.ld;
  block.ldx = x.ld;
  block.rows = item.rows;
  block.k = w.k;
  block.e4m3 = w.dtype == DType::kF8E4M3;
  block.panels = w.panels.data() + item.panel * w.k * kPanel * dtype_bits(w.dtype) / 8;
  block.cols = std::min(w.n - col, item.panels * kPanel);
  block.row_scales = outputs.row_scales == nullptr ? nullptr : outputs.row_scales + row;
  block.col_scales = w.scales.empty() ? nullptr : w.scales.data() + col;
  block.y = outputs.y + row * w.n + col;
  block.ldy = w.n;
  kernel.block(block);
}

void run_items(const NativeKernel& kernel, const RoundedRows& x, const Outputs& outputs, const std::vector<Item>& items,
               int64_t products) {
  const int64_t count = static_cast<int64_t>(items.size());
  const int64_t grain = std::max<int64_t>(1, count * kMinProducts / std::max<int64_t>(1, products));
  parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) run_item(kernel, x, outputs, items[static_cast<size_t>(i)]);
  });
}

bool has_bf16_form(const PackedMatrix& w) { return w.dtype == DType::kBF16 || w.dtype == DType::kF8E4M3; }

#if defined(__x86_64__)
bool has_byte_permutes() { return __builtin_cpu_supports("avx512vbmi"); }
#endif

}  // namespace

const NativeKernel* native_kernel() {
#if defined(__x86_64__)
  if (active_isa() == Isa::kAmx) return &amx::native_kernel;
  if (active_isa() == Isa::kAvx512Bf16)
    return has_byte_permutes() ? &avx512bf16::native_kernel : &avx512bf16_bw::native_kernel;
#endif
  return nullptr;
}

std::vector<NativeVariant> supported_native_variants() {
  std::vector<NativeVariant> variants;
#if defined(__x86_64__)
  if (isa_supported(Isa::kAvx512Bf16)) {
    variants.push_back({"avx512bf16_bw", &avx512bf16_bw::native_kernel});
    if (has_byte_permutes()) variants.push_back({"avx512bf16", &avx512bf16::native_kernel});
  }
  if (isa_supported(Isa::kAmx)) variants.push_back({"amx", &amx::native_kernel});
#endif
  return variants;
}

std::string_view native_unit() {
  const NativeKernel* kernel = native_kernel();
  return kernel == nullptr ? std::string_view() : std::string_view(kernel->unit);
}

void gemm_native(const NativeKernel& kernel, const GemmArgs& args) {
  const PackedMatrix& w = *args.w;
  assert(has_bf16_form(w));
  std::vector<Item> items;
  append_items(kernel, {0, args.m, &w}, items);
  if (items.empty()) return;
  run_items(kernel, round_rows(kernel, args.x, args.m, w.k), {args.row_scales, args.y}, items, args.m * w.n * w.k);
}

void grouped_gemm_native(const NativeKernel& kernel, const GroupedGemmArgs& args) {
  if (args.weights.empty()) return;
  std::vector<Item> items;
  for (size_t expert = 0; expert < args.weights.size(); ++expert) {
    const int64_t first = args.offsets[expert];
    append_items(kernel, {first, args.offsets[expert + 1] - first, &args.weights[expert]}, items);
  }
  if (items.empty()) return;
  const int64_t rows = args.offsets.back(), k = args.weights[0].k;
  run_items(kernel, round_rows(kernel, args.x, rows, k), {args.row_scales, args.y}, items,
            rows * args.weights[0].n * k);
}

void gemm_native(const GemmArgs& args) {
  const NativeKernel* kernel = native_kernel();
  if (kernel == nullptr || !has_bf16_form(*args.w)) return gemm(args);
  gemm_native(*kernel, args);
}

void grouped_gemm_native(const GroupedGemmArgs& args) {
  const NativeKernel* kernel = native_kernel();
  const auto plain = [](const PackedMatrix& w) { return !has_bf16_form(w); };
  if (kernel == nullptr || std::any_of(args.weights.begin(), args.weights.end(), plain)) return grouped_gemm(args);
  grouped_gemm_native(*kernel, args);
}

}  // namespace fp8bench
