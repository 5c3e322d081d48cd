#include "harness/engine/value_checks.h"

#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "harness/io/error.h"
#include "kernels/bf16.h"

namespace fp8bench {
namespace {

// Every check is one pass that counts, and remembers where the first one was.
struct Found {
  int64_t count = 0, first = -1;
  void note(int64_t at) {
    if (count++ == 0) first = at;
  }
};

template <typename T, typename Bad>
Found find_bad(std::span<const std::byte> bytes, const Bad& bad) {
  const int64_t count = static_cast<int64_t>(bytes.size() / sizeof(T));
  constexpr int64_t kBlock = 4096;  // the common case is a block without any: one vectorizable test of the whole block
  Found found;
  T block[kBlock];
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t size = std::min(kBlock, count - begin);
    std::memcpy(block, bytes.data() + begin * static_cast<int64_t>(sizeof(T)), static_cast<size_t>(size) * sizeof(T));
    int any = 0;
    for (int64_t i = 0; i < size; ++i) any |= bad(block[i]) ? 1 : 0;
    if (any == 0) continue;
    for (int64_t i = 0; i < size; ++i)
      if (bad(block[i])) found.note(begin + i);
  }
  return found;
}

}  // namespace

void ValueProblems::raise(const std::string& where) const {
  if (list_.empty()) return;
  std::string message =
      fmt::format("{}: {} bad value{} in the weights", where, list_.size(), list_.size() == 1 ? "" : "s");
  for (const std::string& problem : list_) message += "\n  " + problem;
  throw InputError(message);
}

void check_values(const TensorInfo& tensor, std::span<const std::byte> rows, int64_t row_begin,
                  ValueProblems& problems) {
  Found found;
  const char* what = "NaN or infinity";
  if (tensor.dtype == DType::kF8E4M3) {
    what = "NaN code (0x7F or 0xFF)";
    found = find_bad<uint8_t>(rows, [](uint8_t code) { return (code & 0x7F) == 0x7F; });
  } else if (tensor.dtype == DType::kBF16) {
    found = find_bad<uint16_t>(rows, [](uint16_t bits) { return (bits & 0x7F80) == 0x7F80; });
  } else if (tensor.dtype == DType::kF32) {
    found = find_bad<uint32_t>(rows, [](uint32_t bits) { return (bits & 0x7F800000u) == 0x7F800000u; });
  }
  if (found.count == 0) return;
  const int64_t width = tensor.row_elements();
  problems.add(fmt::format("{}: {} at row {}, column {}{}", tensor.name, what, row_begin + found.first / width,
                           found.first % width, found.count > 1 ? fmt::format(" ({} in all)", found.count) : ""));
}

void check_scales(const TensorInfo& tensor, std::span<const float> scales, int64_t row_begin, ValueProblems& problems) {
  Found found;
  for (size_t i = 0; i < scales.size(); ++i)
    if (!std::isfinite(scales[i]) || scales[i] <= 0.0f) found.note(static_cast<int64_t>(i));
  if (found.count == 0) return;
  problems.add(fmt::format("{}: expected finite positive scales, found {} at row {}{}", tensor.name,
                           scales[static_cast<size_t>(found.first)], row_begin + found.first,
                           found.count > 1 ? fmt::format(" ({} bad ones in all)", found.count) : ""));
}

std::vector<float> widen(DType dtype, std::span<const std::byte> values) {
  if (dtype == DType::kF32) {
    std::vector<float> out(values.size() / sizeof(float));
    std::memcpy(out.data(), values.data(), values.size());
    return out;
  }
  std::vector<float> out(values.size() / sizeof(uint16_t));
  for (size_t i = 0; i < out.size(); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, values.data() + 2 * i, sizeof bits);
    out[i] = bf16_to_f32(bits);
  }
  return out;
}

}  // namespace fp8bench
