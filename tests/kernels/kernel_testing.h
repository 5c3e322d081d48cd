// What the kernel tests share: seeded data, bitwise comparison, and a loop over every way to run a kernel.
#pragma once
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/gemm/gemm.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench::test {

inline uint32_t bits(float value) { return std::bit_cast<uint32_t>(value); }
inline float from_bits(uint32_t value) { return std::bit_cast<float>(value); }

// Normal values; every 19th is special: signed zeros, subnormals, and values large and small.
inline std::vector<float> random_floats(int64_t count, uint32_t seed, bool special = true) {
  static constexpr float kSpecial[] = {0.0f, -0.0f, 0x1p-149f, -0x1.8p-140f, 3e5f, -1e-7f};
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(count));
  size_t i = 0;
  for (float& value : values) {
    value = normal(generator);
    if (special && ++i % 19 == 0) value = kSpecial[i / 19 % std::size(kSpecial)];
  }
  return values;
}

// Row-major (n, k) weights of any finite value that the dtype has.
inline std::vector<std::byte> random_weights(DType dtype, int64_t n, int64_t k, uint32_t seed, bool special = true) {
  const size_t count = static_cast<size_t>(n * k), size = static_cast<size_t>(dtype_bits(dtype) / 8);
  std::vector<std::byte> bytes(count * size);
  const std::vector<float> values = random_floats(n * k, seed, special);
  std::mt19937 generator(seed + 1);
  for (size_t i = 0; i < count; ++i) {
    if (dtype == DType::kF32) std::memcpy(&bytes[i * 4], &values[i], 4);
    if (dtype == DType::kBF16) {
      const uint16_t rounded = f32_to_bf16(values[i]);
      std::memcpy(&bytes[i * 2], &rounded, 2);
    }
    if (dtype == DType::kF8E4M3) {
      const uint32_t code = generator() & 0xFFu;
      bytes[i] = static_cast<std::byte>((code & 0x7Fu) == 0x7Fu ? 0u : code);
    }
  }
  return bytes;
}

inline PackedMatrix random_matrix(DType dtype, int64_t n, int64_t k, uint32_t seed, bool scaled = false) {
  const std::vector<std::byte> rows = random_weights(dtype, n, k, seed);
  std::vector<float> scales;
  if (scaled) scales = random_floats(n, seed + 2, false);
  return pack_matrix(dtype, rows, n, k, scales);
}

// How many elements differ in any bit; NaN equals NaN.
inline int64_t count_different(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  int64_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const bool nan = std::isnan(a[i]) && std::isnan(b[i]);
    if (!nan && bits(a[i]) != bits(b[i])) ++count;
  }
  return count;
}

// Restores the instruction set and the thread count.
class KeepSettings {
 public:
  KeepSettings() : isa_(active_isa()), threads_(thread_count()) {}
  ~KeepSettings() {
    set_isa(isa_);
    set_threads(threads_);
  }
  KeepSettings(const KeepSettings&) = delete;
  KeepSettings& operator=(const KeepSettings&) = delete;

 private:
  Isa isa_;
  int threads_;
};

// Requires the same bits from run() for every instruction set of this machine and for 1, 2 and 5 threads, and returns
// them.
inline std::vector<float> same_bits_everywhere(const std::function<std::vector<float>()>& run) {
  const KeepSettings keep;
  std::vector<float> first;
  for (const Isa isa : canonical_isas()) {
    for (const int threads : {1, 2, 5}) {
      set_isa(isa);
      set_threads(threads);
      std::vector<float> out = run();
      INFO(isa_name(isa) << ", " << threads << " threads");
      if (first.empty()) {
        first = std::move(out);
      } else {
        REQUIRE(count_different(first, out) == 0);
      }
    }
  }
  return first;
}

}  // namespace fp8bench::test
