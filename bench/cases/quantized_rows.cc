#include "bench/cases/quantized_rows.h"

#include <algorithm>

#include "bench/cases/checks.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {

void quantize_set(RowSet& set, int64_t width) {
  quantize_per_token({.x = set.y.data(),
                      .rows = static_cast<int64_t>(set.scales.size()),
                      .width = width,
                      .codes = set.codes.data(),
                      .scales = set.scales.data()});
}

double judge_codes(const RowSet& set, int64_t row, std::span<const float> canonical) {
  const size_t width = canonical.size();
  std::vector<float> codes(width);
  float scale = 0.0f;
  quantize_per_token_ref({.x = canonical.data(),
                          .rows = 1,
                          .width = static_cast<int64_t>(width),
                          .codes = codes.data(),
                          .scales = &scale});
  const std::span<const float> found = std::span(set.codes).subspan(static_cast<size_t>(row) * width, width);
  return std::max(differing(found, codes),
                  differing(std::span(&set.scales[static_cast<size_t>(row)], 1), std::span(&scale, 1)));
}

}  // namespace fp8bench
