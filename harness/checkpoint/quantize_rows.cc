#include "harness/checkpoint/quantize_rows.h"

#include <fmt/format.h>

#include "harness/checkpoint/quantizer.h"
#include "harness/io/error.h"
#include "kernels/bf16.h"

namespace fp8bench {

void quantize_rows(const PlannedTensor& tensor, int64_t first_row, int64_t width, std::span<const uint16_t> weights,
                   std::span<uint8_t> codes, std::span<uint16_t> scales) {
  const auto columns = static_cast<size_t>(width);
  for (size_t row = 0; row < scales.size(); ++row) {
    const auto values = weights.subspan(row * columns, columns);
    scales[row] =
        codes.empty() ? row_scale_fp8(values) : quantize_row_fp8(values, codes.subspan(row * columns, columns));
    // A scale is finite exactly when every weight of its row is (amax = max finite gives 7.6e35).
    if ((scales[row] & 0x7FFFu) < 0x7F80u) continue;
    const int64_t column = find_non_finite(values);
    std::string name = tensor.info.name;
    if (tensor.action == PlannedAction::kScales) name.resize(name.size() - std::string_view("_scale").size());
    throw InputError(fmt::format("tensor {}: row {}, column {}: expected a finite weight, found {} (BF16 0x{:04X})",
                                 name, first_row + static_cast<int64_t>(row), column,
                                 bf16_to_f32(values[static_cast<size_t>(column)]),
                                 values[static_cast<size_t>(column)]));
  }
}

}  // namespace fp8bench
