#include "harness/io/peak_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>

namespace fp8bench {

int64_t anonymous_memory_bytes() {
  const int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[4096];
  const ssize_t size = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  if (size <= 0) return 0;
  text[size] = '\0';
  const char* line = std::strstr(text, "RssAnon:");
  return line == nullptr ? 0 : std::strtoll(line + std::strlen("RssAnon:"), nullptr, 10) * 1024;
}

PeakMemory::PeakMemory() {
  sample();
  thread_ = std::thread([this] {
    constexpr auto kInterval = std::chrono::milliseconds(5);
    std::unique_lock lock(mutex_);
    while (!stop_requested_.wait_for(lock, kInterval, [this] { return stop_; })) sample();
  });
}

PeakMemory::~PeakMemory() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_requested_.notify_one();
  thread_.join();
}

void PeakMemory::sample() {
  const int64_t now = anonymous_memory_bytes();
  int64_t peak = peak_.load();
  while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
  }
}

int64_t PeakMemory::peak_bytes() {
  sample();
  return peak_.load();
}

}  // namespace fp8bench
