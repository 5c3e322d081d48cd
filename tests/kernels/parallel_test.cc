#include "kernels/parallel.h"

#include <atomic>
#include <stdexcept>
#include <thread>

#include "kernel_testing.h"

namespace fp8bench {
namespace {

TEST_CASE("parallel_for: every item once, pieces of at least the grain, for any thread count") {
  const test::KeepSettings keep;
  for (const int threads : {1, 2, 3, 8}) {
    set_threads(threads);
    CHECK(thread_count() == threads);
    for (const int64_t count : {0, 1, 2, 7, 64, 1000}) {
      for (const int64_t grain : {0, 1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> visits(static_cast<size_t>(count));
        std::atomic<int64_t> short_pieces{0};
        parallel_for(count, grain, [&](int64_t begin, int64_t end) {
          if (end - begin < grain && end != count) ++short_pieces;
          for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
        });
        int64_t wrong = 0;
        for (const std::atomic<int>& visit : visits) wrong += visit != 1;
        CHECK(wrong == 0);
        CHECK(short_pieces == 0);
      }
    }
  }
}

TEST_CASE("parallel_for: an exception comes out once, and the pool works on") {
  const test::KeepSettings keep;
  set_threads(4);
  for (int round = 0; round < 50; ++round) {
    CHECK_THROWS_AS(parallel_for(100, 1, [](int64_t, int64_t) { throw std::runtime_error("every piece"); }),
                    std::runtime_error);
    std::atomic<int64_t> sum{0};
    parallel_for(100, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) sum += i;
    });
    CHECK(sum == 4950);
  }
  CHECK_THROWS_AS(set_threads(0), std::invalid_argument);
}

TEST_CASE("parallel_for: nested calls run in their caller, and callers may be concurrent") {
  const test::KeepSettings keep;
  set_threads(3);
  std::atomic<int64_t> items{0}, moved{0};
  parallel_for(12, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const std::thread::id outer = std::this_thread::get_id();
      parallel_for(10, 1, [&](int64_t inner_begin, int64_t inner_end) {
        items += inner_end - inner_begin;
        if (std::this_thread::get_id() != outer) ++moved;
      });
    }
  });
  CHECK(items == 120);
  CHECK(moved == 0);
  std::atomic<int64_t> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round)
        parallel_for(16, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 4 * 200 * 16);
}

}  // namespace
}  // namespace fp8bench
