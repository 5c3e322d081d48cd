#include "harness/measure/cache_sweep.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "kernels/parallel.h"
#include "kernels/peak/fma_peak.h"

namespace fp8bench {
namespace {

int64_t sweep_bytes() {
  const int64_t l2 = std::max(0L, ::sysconf(_SC_LEVEL2_CACHE_SIZE)),
                l3 = std::max(0L, ::sysconf(_SC_LEVEL3_CACHE_SIZE));
  return std::clamp<int64_t>(2 * (l3 + l2 * thread_count()), int64_t{32} << 20, int64_t{1} << 30);
}

}  // namespace

CacheSweep::CacheSweep() : CacheSweep(sweep_bytes()) {}

// Written once: pages that were never written are all the same page of zeros, which every cache holds.
CacheSweep::CacheSweep(int64_t bytes) : buffer_(static_cast<size_t>(bytes) / sizeof(uint64_t), 1) {}

void CacheSweep::operator()() const {
  constexpr int64_t kPiece = int64_t{256} << 10;
  static std::atomic<uint64_t> sink{0};  // keeps the loads
  const int64_t pieces = (bytes() + kPiece - 1) / kPiece;
  parallel_for(pieces, 1, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kPiece, last = std::min(end * kPiece, bytes());
    sink += read_memory(reinterpret_cast<const char*>(buffer_.data()) + first, last - first, 1);
  });
}

}  // namespace fp8bench
