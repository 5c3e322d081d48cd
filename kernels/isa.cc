#include "kernels/isa.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace fp8bench {
namespace {

constexpr Isa kAll[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512};
constexpr int kUndecided = -1;
std::atomic<int> g_active{kUndecided};

Isa choose() {
  const char* name = std::getenv("FP8BENCH_ISA");
  if (name == nullptr || *name == '\0') return supported_isas().back();
  for (const Isa isa : kAll) {
    if (isa_name(isa) != name) continue;
    if (isa_supported(isa)) return isa;
    throw std::invalid_argument("FP8BENCH_ISA=" + std::string(name) + ": this processor does not support it");
  }
  throw std::invalid_argument("FP8BENCH_ISA=" + std::string(name) + ": expected portable, avx2 or avx512");
}

}  // namespace

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "unknown";
}

bool isa_supported(Isa isa) {
  if (isa == Isa::kPortable) return true;
#if defined(__x86_64__)
  // The compiler's run-time check includes the operating system's support of the wide registers.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (isa == Isa::kAvx2) return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : kAll) {
    if (isa_supported(isa)) isas.push_back(isa);
  }
  return isas;
}

Isa active_isa() {
  int active = g_active.load(std::memory_order_relaxed);
  if (active == kUndecided) {
    active = static_cast<int>(choose());  // two threads may both decide; they decide the same
    g_active.store(active, std::memory_order_relaxed);
  }
  return static_cast<Isa>(active);
}

void set_isa(Isa isa) {
  if (!isa_supported(isa)) {
    throw std::invalid_argument("instruction set " + std::string(isa_name(isa)) +
                                ": this processor does not support it");
  }
  g_active.store(static_cast<int>(isa), std::memory_order_relaxed);
}

}  // namespace fp8bench
