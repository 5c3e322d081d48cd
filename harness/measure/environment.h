// The machine that a figure belongs to. No figure travels without it.
#pragma once
#include <cstdint>
#include <string>

namespace fp8bench {

struct Environment {
  std::string cpu;       // model name
  int logical_cpus = 0;  // that this process may use
  std::string isa;       // in use
  std::string isa_best;  // best supported
  int64_t memory_bytes = 0, cache_l2_bytes = 0, cache_l3_bytes = 0;
  std::string kernel, compiler, build_flags, version, revision;
  std::string machine_key;  // short hash of what ceilings depend on: processor, count, instruction set
};

Environment read_environment();

}  // namespace fp8bench
