// A small pool of its own instead of OpenMP's: the caller works too and waits only for pieces that a worker has begun.
// An OpenMP region waits for every thread of its team to be scheduled, which on a busy machine costs a time slice per
// call (measured: 20 to 30 ms for a product of 60 us while the tests of another build ran).
#include "kernels/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
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
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

// Pieces are handed out as threads become free: large ones first, which stream long runs of memory, then ever smaller
// ones, so that all threads end together. A piece is this part of a thread's share of what is left.
constexpr int64_t kPiecesPerShare = 4;
// How long a waiting thread spins before it sleeps: longer than the gap between two operations of a forward pass.
constexpr int kSpins = 2000;

struct Loop {
  int64_t count, grain, threads;
  const std::function<void(int64_t, int64_t)>& body;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;

  void work() {
    t_inside = true;
    try {
      for (int64_t begin = next.load(); begin < count;) {
        const int64_t end = std::min(count, begin + std::max(grain, (count - begin) / (threads * kPiecesPerShare)));
        if (!next.compare_exchange_weak(begin, end)) continue;
        body(begin, end);
        begin = next.load();
      }
    } catch (...) {
      next.store(count);  // the others stop at their next piece
      const std::lock_guard<std::mutex> lock(mutex);
      if (!error) error = std::current_exception();
    }
    t_inside = false;
  }
};

class Pool {
 public:
  ~Pool() {
    stop_.store(true);
    epoch_.fetch_add(1);
    epoch_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // False if another thread's loop has the pool: the caller then works alone.
  bool run(Loop& loop, int workers) {
    const std::unique_lock<std::mutex> owner(owner_, std::try_to_lock);
    if (!owner.owns_lock()) return false;
    while (static_cast<int>(threads_.size()) < workers) threads_.emplace_back([this] { serve(); });
    loop_ = &loop;
    places_.store(workers);  // from here on workers may join
    epoch_.fetch_add(1);
    epoch_.notify_all();
    loop.work();
    // Take back the places that nobody took; whoever comes later finds none and does not touch the loop.
    const int taken = workers - places_.exchange(0);
    for (int spins = 0, done = done_.load(); done != taken; done = done_.load()) {
      if (++spins < kSpins) {
        pause();
      } else {
        done_.wait(done);
      }
    }
    done_.store(0);
    return true;
  }

 private:
  bool take_place() {
    int places = places_.load();
    while (places > 0) {
      if (places_.compare_exchange_weak(places, places - 1)) return true;
    }
    return false;
  }

  void serve() {
    uint32_t seen = 0;
    while (!stop_.load()) {
      for (int spins = 0; epoch_.load() == seen && spins < kSpins; ++spins) pause();
      epoch_.wait(seen);
      seen = epoch_.load();
      if (!take_place()) continue;
      loop_.load()->work();
      done_.fetch_add(1);
      done_.notify_all();
    }
  }

  std::mutex owner_;
  std::vector<std::thread> threads_;
  std::atomic<Loop*> loop_{nullptr};
  std::atomic<uint32_t> epoch_{0};
  std::atomic<int> places_{0}, done_{0};
  std::atomic<bool> stop_{false};
};

Pool& pool() {
  static Pool pool;
  return pool;
}

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
  Loop loop{count, grain, threads, body, {}, {}, {}};
  if (!pool().run(loop, static_cast<int>(threads) - 1)) {
    body(0, count);
    return;
  }
  if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace fp8bench
