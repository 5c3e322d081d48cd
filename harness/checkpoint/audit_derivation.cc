// Where values came from: rows of a checkpoint against what the recipe makes of the source's rows.
#include "harness/checkpoint/audit_derivation.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "harness/checkpoint/quantizer.h"
#include "kernels/bf16.h"
#include "kernels/fp8.h"

namespace fp8bench {
namespace {

constexpr int64_t kSampledRow = 61;  // every 61st row counts towards SQNR: a prime, so that no layout hides from it

// Codes of sign and magnitude as integers in the order of their values.
int64_t ordered(uint32_t bits, uint32_t sign) {
  const auto magnitude = static_cast<int64_t>(bits & (sign - 1));
  return (bits & sign) != 0 ? -magnitude : magnitude;
}

int64_t code_step(uint8_t a, uint8_t b) { return std::abs(ordered(a, 0x80) - ordered(b, 0x80)); }
int64_t bf16_step(uint16_t a, uint16_t b) { return std::abs(ordered(a, 0x8000) - ordered(b, 0x8000)); }

void compare_codes(int64_t row, std::span<const uint8_t> found, std::span<const uint8_t> expected, Comparison& result) {
  for (size_t column = 0; column < found.size(); ++column) {
    if (found[column] == expected[column]) continue;
    result.differing.add(row, [&] {
      return fmt::format("row {}, column {}: expected code 0x{:02X}, found 0x{:02X}", row, column, expected[column],
                         found[column]);
    });
    result.largest_step = std::max(result.largest_step, code_step(found[column], expected[column]));
  }
}

// Half a step of E4M3 (2^-4, with the quotient's BF16 step 0.0667) above the normal numbers, half a subnormal step
// (2^-10) below.
void check_bound(int64_t row, std::span<const uint16_t> weights, std::span<const uint8_t> codes, float scale,
                 Occurrences& beyond) {
  for (size_t column = 0; column < weights.size(); ++column) {
    const double weight = bf16_to_f32(weights[column]),
                 value = static_cast<double>(e4m3_to_f32(codes[column])) * static_cast<double>(scale);
    const double bound = 0.0667 * std::fabs(weight) + 1.01 * 0x1p-10 * static_cast<double>(scale);
    if (std::fabs(value - weight) <= bound) continue;  // NaN is beyond
    beyond.add(row, [&] {
      return fmt::format("row {}, column {}: weight {}, code times scale {}, bound {:.3g}", row, column, weight, value,
                         bound);
    });
  }
}

void add_noise(std::span<const uint16_t> weights, std::span<const uint8_t> codes, float scale, TensorFacts& facts) {
  for (size_t column = 0; column < weights.size(); ++column) {
    const double weight = bf16_to_f32(weights[column]),
                 value = static_cast<double>(e4m3_to_f32(codes[column])) * static_cast<double>(scale);
    if (!std::isfinite(weight) || !std::isfinite(value)) continue;
    facts.signal += weight * weight;
    facts.noise += (value - weight) * (value - weight);
  }
}

}  // namespace

bool compare_quantized_row(int64_t row, std::span<const uint16_t> weights, std::span<const uint8_t> codes,
                           const uint16_t* scale, std::vector<uint8_t>& buffer, TensorFacts& weight_facts,
                           Comparison& scale_comparison) {
  const size_t width = weights.size();
  buffer.resize(width);
  const std::span<uint8_t> expected(buffer.data(), width);
  const uint16_t expected_scale = quantize_row_fp8(weights, expected);
  ++weight_facts.rows_compared;
  const bool same_codes = std::memcmp(expected.data(), codes.data(), width) == 0;
  const bool same_scale = scale == nullptr || *scale == expected_scale;
  if (!same_scale) {
    scale_comparison.differing.add(row, [&] {
      return fmt::format("row {}: expected scale 0x{:04X}, found 0x{:04X}", row, expected_scale, *scale);
    });
    scale_comparison.largest_step = std::max(scale_comparison.largest_step, bf16_step(*scale, expected_scale));
  }
  if (!same_codes) compare_codes(row, codes, expected, weight_facts.comparison);
  const float used = bf16_to_f32(scale != nullptr ? *scale : expected_scale);
  // Equal rows are within the bound by construction.
  if (!same_codes || !same_scale) check_bound(row, weights, codes, used, weight_facts.beyond_bound);
  if (row % kSampledRow == 0) add_noise(weights, codes, used, weight_facts);
  return same_codes && same_scale;
}

bool is_direct_f32_row(std::span<const uint16_t> weights, std::span<const uint8_t> codes,
                       std::vector<uint8_t>& buffer) {
  buffer.resize(weights.size());
  quantize_row_fp8(weights, buffer, QuotientRule::kDirectF32);
  return std::memcmp(buffer.data(), codes.data(), codes.size()) == 0;
}

void compare_copied_rows(int64_t first_row, const TensorInfo& tensor, std::span<const std::byte> found,
                         std::span<const std::byte> expected, Comparison& result) {
  if (found.size() == expected.size() && std::memcmp(found.data(), expected.data(), found.size()) == 0) return;
  const auto element = static_cast<size_t>(std::max<int64_t>(1, dtype_bits(tensor.dtype) / 8));
  const auto width = static_cast<size_t>(std::max<int64_t>(1, tensor.row_elements()));
  for (size_t i = 0; i + element <= std::min(found.size(), expected.size()); i += element) {
    if (std::memcmp(found.data() + i, expected.data() + i, element) == 0) continue;
    const size_t index = i / element;
    const int64_t row = first_row + static_cast<int64_t>(index / width);
    result.differing.add(row,
                         [&] { return fmt::format("row {}, column {}: differs from the source", row, index % width); });
    int64_t step = std::numeric_limits<int64_t>::max();  // other types have no ulp here
    if (tensor.dtype == DType::kBF16) {
      uint16_t a = 0, b = 0;
      std::memcpy(&a, found.data() + i, sizeof a), std::memcpy(&b, expected.data() + i, sizeof b);
      step = bf16_step(a, b);
    }
    result.largest_step = std::max(result.largest_step, step);
  }
}

Derivation derivation_of(const TensorFacts& facts) {
  const Comparison& comparison = facts.comparison;
  if (!comparison.compared) return Derivation::kUnexplained;
  const bool copied = facts.planned == nullptr || facts.planned->action == PlannedAction::kCopy;
  if (comparison.differing.count == 0) return copied ? Derivation::kCopied : Derivation::kRederived;
  if (facts.planned != nullptr && facts.planned->action == PlannedAction::kCodes && comparison.rows_not_direct == 0)
    return Derivation::kDirectF32;
  return comparison.largest_step <= 1 ? Derivation::kWithinUlp : Derivation::kUnexplained;
}

std::string derivation_name(Derivation d) {
  switch (d) {
    case Derivation::kCopied:
      return "copied";
    case Derivation::kRederived:
      return "re-derived";
    case Derivation::kDirectF32:
      return "direct-f32";
    case Derivation::kWithinUlp:
      return "within-ulp";
    case Derivation::kUnexplained:
      return "unexplained";
  }
  return "unexplained";
}

}  // namespace fp8bench
