#include "datasets/eval/python_random.h"

#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace fp8bench {
namespace {
constexpr size_t kN = 624, kM = 397;
}

// The seed's 32-bit words, least significant first, are the key of init_by_array.
PythonRandom::PythonRandom(uint64_t seed) {
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  const size_t length = key[1] == 0 ? 1 : 2;
  state_[0] = 19650218u;
  for (uint32_t i = 1; i < kN; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  size_t i = 1, j = 0;
  const auto step = [&] {
    if (++i < kN) return;
    state_[0] = state_[kN - 1];
    i = 1;
  };
  for (size_t k = 0; k < kN; ++k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525u)) + key[j] + static_cast<uint32_t>(j);
    step();
    j = (j + 1) % length;
  }
  for (size_t k = 0; k < kN - 1; ++k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941u)) - static_cast<uint32_t>(i);
    step();
  }
  state_[0] = 0x80000000u;
}

void PythonRandom::refill() {
  for (size_t i = 0; i < kN; ++i) {
    const uint32_t y = (state_[i] & 0x80000000u) | (state_[(i + 1) % kN] & 0x7fffffffu);
    state_[i] = state_[(i + kM) % kN] ^ (y >> 1) ^ ((y & 1u) != 0 ? 0x9908b0dfu : 0u);
  }
  at_ = 0;
}

uint32_t PythonRandom::next() {
  if (at_ == kN) refill();
  uint32_t y = state_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double PythonRandom::random() {
  const uint32_t high = next() >> 5, low = next() >> 6;
  return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
}

uint64_t PythonRandom::below(uint64_t n) {
  const int bits = static_cast<int>(std::bit_width(n));
  const auto draw = [&]() -> uint64_t {  // getrandbits(bits): whole words, least significant first
    if (bits <= 32) return next() >> (32 - bits);
    const uint64_t low = next();
    return low | static_cast<uint64_t>(next() >> (64 - bits)) << 32;
  };
  uint64_t value = draw();
  while (value >= n) value = draw();
  return value;
}

std::vector<size_t> PythonRandom::sample(size_t n, size_t k) {
  std::vector<size_t> result(k);
  // CPython's choice between the two ways is part of the sequence: a list of n is smaller than a set of k, or not.
  size_t set_size = 21;
  if (k > 5)
    set_size += static_cast<size_t>(std::pow(4.0, std::ceil(std::log(static_cast<double>(k) * 3) / std::log(4.0))));
  if (n <= set_size) {
    std::vector<size_t> pool(n);
    std::iota(pool.begin(), pool.end(), size_t{0});
    for (size_t i = 0; i < k; ++i) {
      const size_t j = below(n - i);
      result[i] = pool[j];
      pool[j] = pool[n - i - 1];
    }
    return result;
  }
  std::unordered_set<size_t> taken;
  for (size_t& value : result) {
    value = below(n);
    while (!taken.insert(value).second) value = below(n);
  }
  return result;
}

std::vector<size_t> PythonRandom::choices(size_t n, size_t k) {
  std::vector<size_t> result(k);
  for (size_t& value : result) value = static_cast<size_t>(random() * static_cast<double>(n));
  return result;
}

std::vector<size_t> PythonRandom::shuffled(size_t n) {
  std::vector<size_t> result(n);
  std::iota(result.begin(), result.end(), size_t{0});
  for (size_t i = n; i-- > 1;) std::swap(result[i], result[below(i + 1)]);
  return result;
}

}  // namespace fp8bench
