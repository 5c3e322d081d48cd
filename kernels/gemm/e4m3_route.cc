#include "kernels/gemm/e4m3_route.h"

#include <atomic>

namespace fp8bench {
namespace {

E4M3Route best_route() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_is("amd")) return E4M3Route::kShift;
#endif
  return E4M3Route::kHalf;
}

constexpr int kUndecided = -1;
std::atomic<int> g_route{kUndecided};

}  // namespace

E4M3Route e4m3_route() {
  const int route = g_route.load(std::memory_order_relaxed);
  return route == kUndecided ? best_route() : static_cast<E4M3Route>(route);
}

void set_e4m3_route(E4M3Route route) { g_route.store(static_cast<int>(route), std::memory_order_relaxed); }

}  // namespace fp8bench
