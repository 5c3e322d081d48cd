// Aligned storage, and the transposition of row-major weights into panels.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/gemm/blocks.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/transpose.h"
#include "kernels/parallel.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace fp8bench {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

// Asks for huge pages inside large buffers: streaming weights through 4 KiB pages costs a walk every few lines.
void prefer_huge_pages(std::byte* data, size_t size) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + size) / kHugePage * kHugePage;
  if (end > begin) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // a hint: may fail
#else
  (void)data, (void)size;
#endif
}

// One panel: out[k][16] from 16 rows of `k` elements, rows beyond `rows` zero.
template <class Element>
void pack_panel(const std::byte* in, int64_t rows, int64_t k, std::byte* out) {
  if (rows == kPanel) return transpose_panel<Element>(in, k, out);
  std::memset(out, 0, static_cast<size_t>(k * kPanel) * sizeof(Element));
  transpose_columns<Element>(in, rows, k, 0, out);
}

// The kernels decode E4M3 by shifting bits, which reads a NaN code as +-480: no such weight may get this far. Loaders
// refuse them earlier, with the tensor's name.
void refuse_nan_codes(const std::byte* rows, int64_t first_row, int64_t row_count, int64_t k) {
  const int64_t count = row_count * k;
  uint8_t most = 0;  // the largest magnitude code; bytes all the way, which the compiler vectorizes
  for (int64_t i = 0; i < count; ++i) most = std::max(most, static_cast<uint8_t>(rows[i] & std::byte{0x7F}));
  if (most < 0x7F) return;
  int64_t at = 0;
  while ((rows[at] & std::byte{0x7F}) != std::byte{0x7F}) ++at;
  throw std::invalid_argument("pack_matrix: NaN code in row " + std::to_string(first_row + at / k) + ", column " +
                              std::to_string(at % k));
}

}  // namespace

AlignedBytes::AlignedBytes(size_t size) : size_(size) {
  if (size == 0) return;
  void* data = nullptr;
  // Whole huge pages from the start where the buffer has several.
  const size_t alignment = size >= 2 * kHugePage ? kHugePage : kAlignment;
  if (posix_memalign(&data, alignment, size) != 0) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(data);
  prefer_huge_pages(data_, size_);
}

AlignedBytes::~AlignedBytes() { std::free(data_); }

AlignedBytes::AlignedBytes(AlignedBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

AlignedBytes& AlignedBytes::operator=(AlignedBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

PackedMatrix pack_matrix(DType dtype, std::span<const std::byte> rows, int64_t n, int64_t k,
                         std::span<const float> scales) {
  const WeightCodec codec = weight_codec(dtype);
  const int64_t element = dtype_bits(dtype) / 8;
  if (rows.size() != static_cast<size_t>(n * k * element)) {
    throw std::invalid_argument("pack_matrix: expected " + std::to_string(n * k * element) + " bytes for (" +
                                std::to_string(n) + ", " + std::to_string(k) + ") " + std::string(dtype_name(dtype)) +
                                ", got " + std::to_string(rows.size()));
  }
  if (!scales.empty() && scales.size() != static_cast<size_t>(n)) {
    throw std::invalid_argument("pack_matrix: expected " + std::to_string(n) + " scales, got " +
                                std::to_string(scales.size()));
  }
  PackedMatrix packed;
  packed.n = n;
  packed.k = k;
  packed.dtype = dtype;
  packed.scales.assign(scales.begin(), scales.end());
  const int64_t panels = (n + kPanel - 1) / kPanel, panel_bytes = k * kPanel * element;
  packed.panels = AlignedBytes(static_cast<size_t>(panels * panel_bytes));
  if (packed.panels.size() == 0) return packed;
  parallel_for(panels, std::max<int64_t>(1, (1 << 16) / std::max<int64_t>(1, panel_bytes)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t p = begin; p < end; ++p) {
                   const std::byte* in = rows.data() + p * panel_bytes;
                   std::byte* out = packed.panels.data() + p * panel_bytes;
                   const int64_t valid = std::min(kPanel, n - p * kPanel);
                   if (codec == WeightCodec::kF32) pack_panel<uint32_t>(in, valid, k, out);
                   if (codec == WeightCodec::kBF16) pack_panel<uint16_t>(in, valid, k, out);
                   if (codec == WeightCodec::kE4M3) {
                     refuse_nan_codes(in, p * kPanel, valid, k);
                     pack_panel<uint8_t>(in, valid, k, out);
                   }
                 }
               });
  return packed;
}

}  // namespace fp8bench
