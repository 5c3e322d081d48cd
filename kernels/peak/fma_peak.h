// The float32 multiply-add rate from registers: the ceiling that no GEMM of this instruction set can exceed.
#pragma once
#include <cstdint>

#include "kernels/isa.h"

namespace fp8bench {

// Runs `rounds` rounds of independent FMA chains on the calling thread and returns the floating-point operations done
// (2 per multiply-add and lane).
int64_t run_fma_rounds(Isa isa, int64_t rounds);

// Sums `count` bytes of memory (so that the loads cannot be dropped), as `streams` interleaved runs (1..8) with
// prefetch: some processors need one stream for their best rate, others several, as a kernel over several panels reads.
uint64_t read_memory(const void* data, int64_t count, int streams);

}  // namespace fp8bench
