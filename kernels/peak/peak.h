// Microbenchmarks of what a core can do at most: arithmetic from registers, bandwidth of one buffer, clock. Each runs
// on the calling thread and keeps no time; harness/measure/calibrate.cc clocks them and runs them on all threads.
// A new one is a function and a line in peak.cc (arithmetic) or bandwidth_isa.cc.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace fp8bench {

struct ArithmeticPeak {
  std::string_view name;  // "fma.avx512", as a ceiling is called
  std::string_view unit;  // what computes, for readers
  bool (*supported)();    // by this processor and operating system
  // `rounds` rounds of independent chains in registers; returns the operations done, two a multiply-add.
  int64_t (*run)(int64_t rounds);
  int64_t round_cycles;  // of one round on a fast core, roughly: to choose the number of rounds
};
std::span<const ArithmeticPeak> arithmetic_peaks();

// One way to walk through a buffer of `bytes` bytes (a multiple of 4096, aligned to 64), `passes` times. Every byte of
// the buffer is read or written once a pass; a copy reads one half and writes the other, so that it moves as many
// bytes.
struct BandwidthLoop {
  std::string_view kind;     // "read", "write" or "copy"
  std::string_view variant;  // "plain", "4 streams", "non-temporal" ...
  uint64_t (*run)(char* buffer, int64_t bytes, int64_t passes);
};
// Of every instruction set that this processor has: the best of them counts.
std::span<const BandwidthLoop> bandwidth_loops();

// `additions` integer additions that wait for each other, one cycle each on every processor since the 1990s: their rate
// is the clock, turbo included, which no register tells an ordinary process.
uint64_t run_dependent_additions(int64_t additions);

}  // namespace fp8bench
