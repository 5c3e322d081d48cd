// The machine that a figure belongs to. No figure travels without it.
#pragma once
#include <cstdint>
#include <string>

#include "harness/measure/host.h"

namespace fp8bench {

struct Environment {
  std::string cpu;       // model name
  int logical_cpus = 0;  // that this process may use
  std::string isa;       // in use
  std::string isa_best;  // best supported
  int64_t memory_bytes = 0;
  int64_t cache_l1_bytes = 0, cache_l2_bytes = 0, cache_l3_bytes = 0;  // that one thread sees; 0 where unknown
  int64_t l3_count = 1;                                                // L3 caches that the threads use at least
  std::string kernel, compiler, build_flags, version, revision;
  HostState host;
  std::string machine_key;  // short hash of what ceilings depend on: processor, count, instruction set
};

Environment read_environment();

}  // namespace fp8bench
