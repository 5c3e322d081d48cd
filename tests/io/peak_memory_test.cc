#include "harness/io/peak_memory.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "tests/test_data.h"

using namespace fp8bench;

TEST_CASE("peak memory sees what was allocated and freed again") {
  if (anonymous_memory_bytes() == 0) FP8BENCH_SKIP("this system does not report RssAnon");
  constexpr size_t kSize = size_t{64} << 20;
  PeakMemory peak;
  const int64_t before = peak.peak_bytes();
  {
    const auto block = std::make_unique<char[]>(kSize);
    std::memset(block.get(), 1, kSize);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the sampler's interval is 5 ms
  }
  CHECK(peak.peak_bytes() >= before + static_cast<int64_t>(kSize / 2));
}
