#include "harness/measure/cache_sweep.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "harness/measure/environment.h"
#include "kernels/parallel.h"
#include "kernels/peak/peak.h"

namespace fp8bench {
namespace {

constexpr int64_t kPiece = int64_t{256} << 10, kLine = 64;  // bytes

int64_t sweep_bytes() {
  const Environment machine = read_environment();
  return std::clamp<int64_t>(2 * (machine.cache_l3_bytes * machine.l3_count + machine.cache_l2_bytes * thread_count()),
                             int64_t{32} << 20, int64_t{1} << 30);
}

}  // namespace

CacheSweep::CacheSweep() : CacheSweep(sweep_bytes()) {}

// Written once: pages that were never written are all the same page of zeros, which every cache holds.
CacheSweep::CacheSweep(int64_t bytes)
    : bytes_((bytes + kPiece - 1) / kPiece * kPiece), buffer_(static_cast<size_t>(bytes_ + kLine), char{1}) {
  void* start = buffer_.data();
  size_t space = buffer_.size();
  start_ = static_cast<char*>(std::align(kLine, static_cast<size_t>(bytes_), start, space));
}

void CacheSweep::operator()() const {
  static std::atomic<uint64_t> sink{0};  // keeps the loads
  parallel_for(bytes_ / kPiece, 1, [&](int64_t begin, int64_t end) {
    sink += bandwidth_loops().front().run(start_ + begin * kPiece, (end - begin) * kPiece, 1);  // the first one reads
  });
}

}  // namespace fp8bench
