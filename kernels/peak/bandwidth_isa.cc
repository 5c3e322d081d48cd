// Reading, writing and copying at the width of this instruction set. Plain loops serve the caches; prefetching and
// several streams help some processors with main memory; non-temporal stores do not read what they overwrite.
#include "kernels/peak/peak_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

constexpr int64_t kWidth = FP8BENCH_ISA_LEVEL == 2 ? 64 : FP8BENCH_ISA_LEVEL == 1 ? 32 : 16;  // bytes
typedef long long Vec __attribute__((vector_size(kWidth), may_alias));                        // aligned to its width
constexpr int kUnroll = 8;
constexpr int64_t kStep = kUnroll * kWidth, kLine = 64, kAhead = 24 * kLine;  // bytes
// Streams are pages apart and not a power of two of them: their lines fall into different sets of the caches.

Vec& at(char* place) { return *reinterpret_cast<Vec*>(place); }

// Forbids the compiler to merge or drop passes.
void pass_is_over() { asm volatile("" ::: "memory"); }

template <int kStreams, bool kPrefetch>
uint64_t read(char* buffer, int64_t bytes, int64_t passes) {
  const int64_t each = bytes / kStreams / kStep * kStep;
  Vec sums[kUnroll] = {};
  for (int64_t pass = 0; pass < passes; ++pass) {
    for (int64_t i = 0; i < each; i += kStep)
      for (int s = 0; s < kStreams; ++s) {
        char* place = buffer + s * each + i;
        if constexpr (kPrefetch)
          for (int64_t line = 0; line < kStep; line += kLine) __builtin_prefetch(place + kAhead + line);
        for (int u = 0; u < kUnroll; ++u) sums[u] ^= at(place + u * kWidth);
      }
    // What the streams leave over, a few steps at most.
    for (int64_t i = kStreams * each; i < bytes; i += kWidth) sums[0] ^= at(buffer + i);
    pass_is_over();
  }
  Vec all = sums[0];
  for (int u = 1; u < kUnroll; ++u) all ^= sums[u];
  uint64_t word = 0;
  for (int64_t lane = 0; lane < kWidth / 8; ++lane) word ^= static_cast<uint64_t>(all[lane]);
  return word;
}

enum class Store { kPlain, kNonTemporal };

template <Store kStore>
void store(char* place, Vec value) {
#if defined(__x86_64__)
  if constexpr (kStore == Store::kNonTemporal) {
#if FP8BENCH_ISA_LEVEL == 2
    _mm512_stream_si512(reinterpret_cast<__m512i*>(place), reinterpret_cast<__m512i>(value));
#elif FP8BENCH_ISA_LEVEL == 1
    _mm256_stream_si256(reinterpret_cast<__m256i*>(place), reinterpret_cast<__m256i>(value));
#else
    _mm_stream_si128(reinterpret_cast<__m128i*>(place), reinterpret_cast<__m128i>(value));
#endif
    return;
  }
#endif
  at(place) = value;
}

void stores_are_done() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

template <Store kStore>
uint64_t write(char* buffer, int64_t bytes, int64_t passes) {
  Vec value = {};
  for (int64_t pass = 0; pass < passes; ++pass) {
    value += 1;
    for (int64_t i = 0; i < bytes; i += kStep)
      for (int u = 0; u < kUnroll; ++u) store<kStore>(buffer + i + u * kWidth, value);
    pass_is_over();
  }
  stores_are_done();
  return static_cast<uint64_t>(value[0]);
}

template <Store kStore>
uint64_t copy(char* buffer, int64_t bytes, int64_t passes) {
  const int64_t half = bytes / 2;
  for (int64_t pass = 0; pass < passes; ++pass) {
    for (int64_t i = 0; i < half; i += kStep)
      for (int u = 0; u < kUnroll; ++u) {
        const Vec value = at(buffer + i + u * kWidth);
        store<kStore>(buffer + half + i + u * kWidth, value);
      }
    pass_is_over();
  }
  stores_are_done();
  return static_cast<uint64_t>(at(buffer + half)[0]);
}

constexpr BandwidthLoop kLoops[] = {
    {"read", "plain", read<1, false>},        {"read", "prefetch", read<1, true>},
    {"read", "4 streams", read<4, true>},     {"read", "8 streams", read<8, true>},
    {"write", "plain", write<Store::kPlain>}, {"write", "non-temporal", write<Store::kNonTemporal>},
    {"copy", "plain", copy<Store::kPlain>},   {"copy", "non-temporal", copy<Store::kNonTemporal>},
};

}  // namespace

extern const BandwidthTable bandwidth_table;
constexpr BandwidthTable bandwidth_table = {kLoops, static_cast<int>(sizeof(kLoops) / sizeof(kLoops[0]))};

}  // namespace fp8bench::FP8BENCH_ISA_NS
