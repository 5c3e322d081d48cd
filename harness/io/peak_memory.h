// Anonymous memory of this process: what it really needs. Mapped files are not counted, because the kernel can drop
// them.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace fp8bench {

// RssAnon of /proc/self/status in bytes; 0 where the system does not have it.
int64_t anonymous_memory_bytes();

// Samples from construction on, every few milliseconds, in a thread of its own.
class PeakMemory {
 public:
  PeakMemory();
  ~PeakMemory();
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;
  int64_t peak_bytes();  // samples once more, so that a short life has a value too

 private:
  void sample();

  std::atomic<int64_t> peak_{0};
  std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace fp8bench
