// The ceilings of this machine: what no honest sample can exceed. Measured once and kept in a small JSON keyed by
// machine (FP8BENCH_CACHE, else XDG_CACHE_HOME/fp8bench, else ~/.cache/fp8bench).
#pragma once
#include <filesystem>
#include <string>

#include "harness/measure/environment.h"

namespace fp8bench {

struct Ceilings {
  double read_gb_s = 0.0;    // main memory, all threads, best of several passes (GB = 1e9 bytes)
  double fma_gflop_s = 0.0;  // float32 multiply-add from registers, active instruction set, all threads
  std::string machine_key;
};

Ceilings measure_ceilings(const Environment& environment);  // about a second
Ceilings cached_ceilings(const Environment& environment,
                         bool recalibrate);  // measures when the cache lacks this machine
std::filesystem::path ceilings_file();

}  // namespace fp8bench
