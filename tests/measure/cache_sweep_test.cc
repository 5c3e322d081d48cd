// A sweep must really throw data out of the caches: what is read after it takes the time of main memory.
#include "harness/measure/cache_sweep.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

#include "harness/measure/environment.h"

using namespace fp8bench;

namespace {

// Nanoseconds for a walk through a chain of cache lines in an order that no prefetcher guesses.
double walk(const std::vector<uint32_t>& next) {
  volatile uint32_t sink = 0;
  const auto start = std::chrono::steady_clock::now();
  uint32_t at = 0;
  for (size_t i = 0; i < next.size() / 16; ++i) at = next[at];
  sink = at;
  static_cast<void>(sink);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("a sweep is twice the caches, in whole pieces") {
  const Environment machine = read_environment();
  CHECK(CacheSweep().bytes() >= std::min<int64_t>(2 * machine.cache_l3_bytes, int64_t{1} << 30));
  CHECK(CacheSweep(1).bytes() == 256 << 10);
  const CacheSweep small(1 << 20);
  small();
  CHECK(small.bytes() == 1 << 20);
}

TEST_CASE("data that was in the caches is not there after a sweep") {
  // 256 KiB: 4096 lines, each naming the next; 1237 is prime to 4096, so that the walk meets every line.
  constexpr uint32_t kLines = 4096, kStride = 1237;
  std::vector<uint32_t> next(kLines * 16);
  for (uint32_t line = 0; line < kLines; ++line) next[line * 16] = (line + kStride) % kLines * 16;
  const CacheSweep sweep;
  double hot = 1e30;  // the fastest of several: other work only adds
  std::vector<double> swept;
  for (int attempt = 0; attempt < 7; ++attempt) {
    sweep();
    swept.push_back(walk(next));
    for (int again = 0; again < 5; ++again) hot = std::min(hot, walk(next));
  }
  std::nth_element(swept.begin(), swept.begin() + 3, swept.end());
  const double cold = swept[3];  // the middle: one walk that met half of its lines again is not the rule
  CAPTURE(hot, cold);
  CHECK(cold > 3.0 * hot);
}
