// The functions behind the tables of peak.h.
#pragma once
#include <cstdint>
#include <span>

#include "kernels/dispatch.h"
#include "kernels/peak/peak.h"

namespace fp8bench {

// Twelve chains cover six cycles of latency at two operations a cycle (FMA: four cycles on Intel since Skylake and on
// Zen 3 and 4, five on Zen 2; vdpbf16ps: six), and leave AVX2's sixteen registers room for the factors.
inline constexpr int kPeakChains = 12;

int64_t fma_portable_rounds(int64_t rounds);
int64_t fma_avx2_rounds(int64_t rounds);
int64_t fma_avx512_rounds(int64_t rounds);

int64_t bf16_dot_rounds(int64_t rounds);
// After isa_supported(Isa::kAmx), which asks the operating system for tile data.
int64_t amx_bf16_rounds(int64_t rounds);

struct BandwidthTable {
  const BandwidthLoop* loops;
  int count;
};
FP8BENCH_ISA_TABLE(BandwidthTable, bandwidth_table)

}  // namespace fp8bench
