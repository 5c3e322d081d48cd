#include "kernels/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>

#if defined(__linux__)
#include <sched.h>
#endif

namespace fp8bench {
namespace {

std::atomic<int> g_threads{0};  // 0: not decided
thread_local bool t_inside = false;

int usable_processors() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, omp_get_num_procs());
}

// Pieces are handed out as threads become free; a few per thread even out unequal items and a busy machine.
constexpr int64_t kPiecesPerThread = 8;

struct Loop {
  int64_t count, piece;
  const std::function<void(int64_t, int64_t)>& body;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;

  void work() {
    t_inside = true;
    try {
      for (int64_t begin = next.fetch_add(piece); begin < count; begin = next.fetch_add(piece)) {
        body(begin, std::min(begin + piece, count));
      }
    } catch (...) {
      next.store(count);  // the others stop at their next piece
      const std::lock_guard<std::mutex> lock(mutex);
      if (!error) error = std::current_exception();
    }
    t_inside = false;
  }
};

}  // namespace

int thread_count() {
  int threads = g_threads.load(std::memory_order_relaxed);
  if (threads == 0) {
    threads = usable_processors();
    g_threads.store(threads, std::memory_order_relaxed);
  }
  return threads;
}

void set_threads(int threads) {
  if (threads < 1) throw std::invalid_argument("threads: expected at least 1, got " + std::to_string(threads));
  g_threads.store(threads, std::memory_order_relaxed);
}

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body) {
  if (count <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t threads = std::min<int64_t>(thread_count(), count / grain);
  if (threads <= 1 || t_inside) {
    body(0, count);
    return;
  }
  Loop loop{count, std::max(grain, count / (threads * kPiecesPerThread)), body, {}, {}, {}};
#pragma omp parallel num_threads(static_cast <int>(threads))
  loop.work();
  if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace fp8bench
