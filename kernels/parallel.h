// Threads. Work is cut into items whose results do not depend on who computes them, so thread count never changes bits.
#pragma once
#include <cstdint>
#include <functional>

namespace fp8bench {

int thread_count();             // set_threads() if called, else the processors this process may use
void set_threads(int threads);  // >= 1

// Runs body(begin, end) over [0, count) in pieces of at least `grain` items; pieces never overlap. Exceptions thrown by
// the body are rethrown once in the caller. Nested calls run serially.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace fp8bench
