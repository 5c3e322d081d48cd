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
// "fma.avx2.one", "fma.avx512.all", "bf16.avx512bf16.all", "bf16.amx.one", "clock.one". `one` is one thread, `all` is
// all of them at once.
//
// Each thread's rate is per second of its own processor time, and the threads' rates add up: robust beside other work,
// which only takes time away, but an upper bound: where other work kept the threads from running at the same moment,
// each had more of the memory bus, or of the power budget, than it would have in company. Passes in which all threads
// ran all the time are preferred to those in which they did not.
struct Ceiling {
  std::string name;
  double value = 0.0;   // best of its passes: a ceiling is what the machine can do
  double spread = 0.0;  // (best - median) / best over the passes of the best round
  std::string unit;     // "GB/s" (1e9 bytes a second), "GFLOP/s" (a multiply-add counts two) or "GHz"
};

// What computes, and so which ceiling a rate of operations is held to.
enum class ComputeUnit { kNone, kFma, kNative };

struct Ceilings {
  std::string machine_key;
  std::vector<Ceiling> all;

  // 0 where it was not measured.
  double value(std::string_view name) const;
  // What rows are held to: main memory and the multiply-add rate of the active instruction set, all threads.
  double read_gb_s = 0.0;     // reading main memory
  double fma_gflop_s = 0.0;   // float32 multiply-add
  double bf16_gflop_s = 0.0;  // the matrix or dot-product unit of policy native; the float32 rate where there is none
  double gflop_s(ComputeUnit unit) const;  // of the two above; 0 for kNone
  // What the caches can keep of a rotation, L3 and every thread's L2, and the best rate at which they give it back. 0
  // where unknown.
  int64_t cache_bytes = 0;
  double cache_read_gb_s = 0.0;
};

// What the figures say of rows under this environment's instruction set: fills read_gb_s ... cache_read_gb_s from
// `all`.
void hold_rows_to(Ceilings& ceilings, const Environment& environment);
// Adds a figure, or replaces one of the same name that is lower.
void keep_better(Ceilings& ceilings, const Ceiling& figure);
// Every name there is, in the order of the table, measurable on this machine or not.
std::vector<std::string> ceiling_names();

// Those that rows are held to; about a second.
Ceilings measure_ceilings(const Environment& environment);
// Every microbenchmark of the table whose name contains `only`, in two rounds (all: some 15 s on two cores); `progress`
// (may be null) is told each one's name before it runs, `calibration_steps` times.
Ceilings calibrate(const Environment& environment, const std::function<void(std::string_view name)>& progress,
                   std::string_view only = {});
int calibration_steps(std::string_view only = {});
// From the cache; measures when it lacks this machine. A better figure measured once is kept.
Ceilings cached_ceilings(const Environment& environment, bool recalibrate);
// Merges into the cache and returns what the cache now says of this machine.
Ceilings remember_ceilings(const Environment& environment, const Ceilings& measured);
std::filesystem::path ceilings_file();

}  // namespace fp8bench
