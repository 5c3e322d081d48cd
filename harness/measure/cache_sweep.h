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
  CacheSweep(const CacheSweep&) = delete;  // start_ points into buffer_
  CacheSweep& operator=(const CacheSweep&) = delete;
  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_;
  std::vector<char> buffer_;
  char* start_;  // of the first whole cache line
};

}  // namespace fp8bench
