// The ceilings of this machine: what no honest sample can exceed. Each is its own microbenchmark (`fp8bench calibrate`
// runs them all and prints them); kept in a small JSON keyed by machine (FP8BENCH_CACHE, else XDG_CACHE_HOME/fp8bench,
// else ~/.cache/fp8bench).
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/environment.h"

namespace fp8bench {

// One microbenchmark's figure. Names are paths: "read.memory.all", "read.l2.one", "copy.memory.all", "write.l1.one",
// "fma.avx2.one", "fma.avx512.all", "bf16.avx512bf16.all", "bf16.amx.one". `one` is one thread, `all` is all of them.
struct Ceiling {
  std::string name;
  double value = 0.0;   // best of its passes: a ceiling is what the machine can do
  double spread = 0.0;  // (best - median) / best over the passes
  std::string unit;     // "GB/s" (1e9 bytes a second) or "GFLOP/s" (a multiply-add counts two)
};

struct Ceilings {
  std::string machine_key;
  std::vector<Ceiling> all;

  // 0 where it was not measured.
  double value(std::string_view name) const;
  // What rows are held to: main memory and the multiply-add rate of the active instruction set, all threads.
  double read_gb_s = 0.0;     // reading main memory
  double fma_gflop_s = 0.0;   // float32 multiply-add
  double bf16_gflop_s = 0.0;  // the matrix or dot-product unit of policy native; the float32 rate where there is none
};

// The two or three that rows are held to; about a second.
Ceilings measure_ceilings(const Environment& environment);
// Every microbenchmark of the table; `progress` is told each one's name before it runs.
Ceilings calibrate(const Environment& environment, const std::function<void(std::string_view name)>& progress);
// From the cache; measures when it lacks this machine. A better figure measured once is kept.
Ceilings cached_ceilings(const Environment& environment, bool recalibrate);
// Merges into the cache and returns what the cache now says of this machine.
Ceilings remember_ceilings(const Environment& environment, const Ceilings& measured);
std::filesystem::path ceilings_file();

}  // namespace fp8bench
