// Puts other data into the caches, so that a sample begins cold.
#pragma once
#include <cstdint>
#include <vector>

namespace fp8bench {

// Reads a buffer of twice the last-level and all second-level caches, on all threads. Reading leaves clean lines
// behind: after a sweep by writing, the sample would pay for writing them back.
class CacheSweep {
 public:
  CacheSweep();  // sized for this machine, at least 32 MiB, at most 1 GiB
  explicit CacheSweep(int64_t bytes);
  void operator()() const;
  int64_t bytes() const { return static_cast<int64_t>(buffer_.size() * sizeof(uint64_t)); }

 private:
  std::vector<uint64_t> buffer_;
};

}  // namespace fp8bench
