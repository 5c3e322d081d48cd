#include "bench/cases/weight_pool.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "harness/checkpoint/quantizer.h"
#include "harness/checkpoint/synthetic_weights.h"
#include "harness/engine/elementwise.h"
#include "kernels/bf16.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

// Panels are drawn from this many different ones: gigabytes of fresh random numbers would take longer than what is
// measured, and no kernel can tell.
constexpr int64_t kDistinctPanels = 64;
constexpr uint64_t kWeightSeed = 7;

struct Distinct {
  PackedMatrix bf16, f8;
};

Distinct make_distinct(int64_t panels, int64_t k) {
  const int64_t rows = panels * kPanel;
  const size_t width = static_cast<size_t>(k);
  std::vector<uint16_t> values(static_cast<size_t>(rows) * width), scales(static_cast<size_t>(rows));
  std::vector<uint8_t> codes(values.size());
  const WeightStyle style = weight_style("linear.weight", k, 0, 1.0f, 1.0f);
  const uint64_t key = synthetic_key(kWeightSeed, "cases");
  parallel_for(rows, 16, [&](int64_t begin, int64_t end) {
    const auto part = [&](auto& all) {
      return std::span(all).subspan(static_cast<size_t>(begin) * width, static_cast<size_t>(end - begin) * width);
    };
    fill_synthetic_rows({.seed = kWeightSeed, .key = key, .columns = k, .row_begin = begin}, style, part(values));
    for (int64_t row = begin; row < end; ++row) {
      const size_t at = static_cast<size_t>(row) * width;
      scales[static_cast<size_t>(row)] =
          quantize_row_fp8(std::span(values).subspan(at, width), std::span(codes).subspan(at, width));
    }
  });
  std::vector<float> widened;
  for (const uint16_t scale : scales) widened.push_back(bf16_to_f32(scale));
  return {pack_matrix(DType::kBF16, std::as_bytes(std::span(values)), rows, k),
          pack_matrix(DType::kF8E4M3, std::as_bytes(std::span(codes)), rows, k, widened)};
}

// Matrix `index` of n outputs, put together from the distinct panels.
PackedMatrix assemble(const PackedMatrix& distinct, int64_t n, int64_t index) {
  const int64_t panels = (n + kPanel - 1) / kPanel, choices = distinct.n / kPanel;
  const size_t element = static_cast<size_t>(dtype_bits(distinct.dtype) / 8);
  const size_t panel_bytes = static_cast<size_t>(distinct.k * kPanel) * element;
  PackedMatrix matrix;
  matrix.n = n;
  matrix.k = distinct.k;
  matrix.dtype = distinct.dtype;
  matrix.panels = AlignedBytes(static_cast<size_t>(panels) * panel_bytes);
  for (int64_t p = 0; p < panels; ++p) {
    const int64_t chosen =
        static_cast<int64_t>(mix64(static_cast<uint64_t>(index * 1000003 + p)) % static_cast<uint64_t>(choices));
    std::byte* out = matrix.panels.data() + static_cast<size_t>(p) * panel_bytes;
    std::memcpy(out, distinct.panels.data() + static_cast<size_t>(chosen) * panel_bytes, panel_bytes);
    const int64_t used = std::min(kPanel, n - p * kPanel);
    if (used < kPanel)  // outputs beyond n are zero
      for (int64_t i = 0; i < distinct.k; ++i)
        std::memset(out + static_cast<size_t>(i * kPanel + used) * element, 0,
                    static_cast<size_t>(kPanel - used) * element);
    if (distinct.scales.empty()) continue;
    const auto scales = distinct.scales.begin() + chosen * kPanel;
    matrix.scales.insert(matrix.scales.end(), scales, scales + used);
  }
  return matrix;
}

}  // namespace

int64_t WeightSets::bytes() const {
  int64_t total = 0;
  for (const auto* side : {&bf16, &f8})
    for (const PackedMatrix& matrix : *side) total += matrix.bytes();
  return total;
}

std::shared_ptr<const WeightSets> WeightPool::get(int64_t n, int64_t k, int64_t count) {
  const auto same = [&](const auto& entry) { return entry->n == n && entry->k == k; };
  const auto found = std::find_if(entries_.begin(), entries_.end(), same);
  if (found != entries_.end() && static_cast<int64_t>((*found)->f8.size()) >= count) return *found;
  if (found != entries_.end()) entries_.erase(found);

  auto sets = std::make_shared<WeightSets>();
  sets->n = n;
  sets->k = k;
  sets->bf16.resize(static_cast<size_t>(count));
  sets->f8.resize(static_cast<size_t>(count));
  const Distinct distinct = make_distinct(std::min(kDistinctPanels, (n + kPanel - 1) / kPanel), k);
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      sets->bf16[static_cast<size_t>(i)] = assemble(distinct.bf16, n, i);
      sets->f8[static_cast<size_t>(i)] = assemble(distinct.f8, n, i);
    }
  });
  entries_.push_back(sets);
  int64_t total = 0;
  for (const auto& entry : entries_) total += entry->bytes();
  while (total > limit_bytes_ && entries_.size() > 1) {
    total -= entries_.front()->bytes();
    entries_.pop_front();
  }
  return sets;
}

double zero_share(const PackedMatrix& matrix) {
  const int64_t count = matrix.n * matrix.k;  // padding is not counted as zeros
  if (count == 0) return 0.0;
  const std::byte* codes = matrix.panels.data();
  int64_t zeros = 0;
  for (size_t i = 0; i < matrix.panels.size(); ++i) zeros += (codes[i] & std::byte{0x7F}) == std::byte{0} ? 1 : 0;
  return static_cast<double>(zeros - (static_cast<int64_t>(matrix.panels.size()) - count)) / static_cast<double>(count);
}

}  // namespace fp8bench
