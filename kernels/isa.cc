#include "kernels/isa.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace fp8bench {
namespace {

struct Row {
  Isa isa;
  std::string_view name;
  bool canonical;  // has canonical kernels of its own
};
constexpr Row kTable[] = {{Isa::kPortable, "portable", true},
                          {Isa::kAvx2, "avx2", true},
                          {Isa::kAvx512, "avx512", true},
                          {Isa::kAvx512Bf16, "avx512bf16", false},
                          {Isa::kAmx, "amx", false}};
constexpr Isa kAll[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Bf16, Isa::kAmx};
static_assert(std::size(kTable) == std::size(kAll));

constexpr int kUndecided = -1;
std::atomic<int> g_active{kUndecided};

const Row& row(Isa isa) { return kTable[static_cast<size_t>(isa)]; }

std::string expected_names() {
  std::string names;
  for (const Row& known : kTable) {
    if (!names.empty()) names += known.isa == kAll[std::size(kAll) - 1] ? " or " : ", ";
    names += known.name;
  }
  return names;
}

#if defined(__x86_64__)
// GCC 12's __builtin_cpu_supports knows no AMX, clang 14's no AVX512_BF16; both bits come from cpuid itself.
// Intel SDM volume 2A, CPUID leaf 7: sub-leaf 0 EDX bits 22 (AMX-BF16) and 24 (AMX-TILE), sub-leaf 1 EAX bit 5.
bool cpuid_avx512_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 5 & 1u) != 0;
}

bool cpuid_amx_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1u) != 0 && (d >> 24 & 1u) != 0;
}

// XCR0 says which registers the operating system saves: bits 17 (tile configuration) and 18 (tile data).
bool system_saves_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c >> 27 & 1u) == 0) return false;  // OSXSAVE
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low >> 17 & 3u) == 3u;
}

// Linux keeps tile data from a process that has not asked for it (Documentation/arch/x86/xstate.rst); granted once, for
// every thread.
bool request_tile_data() {
#if defined(__linux__)
  constexpr long kArchReqXcompPerm = 0x1023, kXfeatureXtileData = 18;
  return ::syscall(SYS_arch_prctl, kArchReqXcompPerm, kXfeatureXtileData) == 0;
#else
  return false;
#endif
}

bool amx_usable() {
  static const bool usable = cpuid_amx_bf16() && system_saves_tiles() && request_tile_data();
  return usable;
}

// The compiler's run-time check includes the operating system's support of the wide registers.
bool processor_has(Isa isa) {
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  switch (isa) {
    case Isa::kPortable:
      return true;
    case Isa::kAvx2:
      return avx2;
    case Isa::kAvx512:
      return avx512;
    case Isa::kAvx512Bf16:
      return avx512 && cpuid_avx512_bf16();
    case Isa::kAmx:  // few rows run on the AVX-512 unit, and every processor with tiles has VBMI
      return avx512 && cpuid_avx512_bf16() && __builtin_cpu_supports("avx512vbmi") && amx_usable();
  }
  return false;
}
#else
bool processor_has(Isa isa) { return isa == Isa::kPortable; }
#endif

Isa choose() {
  const char* name = std::getenv("FP8BENCH_ISA");
  if (name == nullptr || *name == '\0') return supported_isas().back();
  for (const Isa isa : kAll) {
    if (isa_name(isa) != name) continue;
    if (isa_supported(isa)) return isa;
    throw std::invalid_argument("FP8BENCH_ISA=" + std::string(name) + ": this processor does not support it");
  }
  throw std::invalid_argument("FP8BENCH_ISA=" + std::string(name) + ": expected " + expected_names());
}

}  // namespace

std::span<const Isa> all_isas() { return kAll; }

std::string_view isa_name(Isa isa) { return row(isa).name; }

bool isa_supported(Isa isa) { return processor_has(isa); }

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : kAll) {
    if (isa_supported(isa)) isas.push_back(isa);
  }
  return isas;
}

Isa canonical_isa(Isa isa) { return row(isa).canonical ? isa : Isa::kAvx512; }

std::vector<Isa> canonical_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : supported_isas()) {
    if (canonical_isa(isa) == isa) isas.push_back(isa);
  }
  return isas;
}

std::string isa_in_words() {
  const Isa isa = active_isa();
  std::string words(isa_name(isa));
  if (canonical_isa(isa) != isa) words += " (canonical kernels: " + std::string(isa_name(canonical_isa(isa))) + ")";
  return words;
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
