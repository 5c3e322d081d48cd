// Python's random.Random, bit for bit: MT19937 (Matsumoto and Nishimura 1998, init_by_array) with CPython's own way to
// make integers, floats and samples out of it. lm-eval draws its few-shot examples and its bootstraps with it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fp8bench {

class PythonRandom {
 public:
  explicit PythonRandom(uint64_t seed);             // Random(seed)
  double random();                                  // [0, 1), 53 bits
  uint64_t below(uint64_t n);                       // _randbelow(n), 0 < n <= 2^32
  std::vector<size_t> sample(size_t n, size_t k);   // sample(range(n), k); k <= n
  std::vector<size_t> choices(size_t n, size_t k);  // choices(range(n), k=k)
  std::vector<size_t> shuffled(size_t n);           // x = list(range(n)); shuffle(x)

 private:
  uint32_t next();
  void refill();
  std::array<uint32_t, 624> state_;
  size_t at_ = 624;
};

}  // namespace fp8bench
