// The AMX unit: eight tiles of sixteen rows of 64 bytes. Included by block_native.cc only. blocks.h is written against
// these six functions; the tests put a software unit in their place (Intel SDM volume 2, TDPBF16PS).
#pragma once
#include <cstdint>

#include "kernels/amx_tile_config.h"
#include "kernels/simd.h"

namespace fp8bench::FP8BENCH_ISA_NS {
namespace {

// By name in assembly: GCC 12's intrinsics take literal tile numbers only, and do not tell the compiler that they read
// and write memory, which "memory" and volatile do here.
struct TileUnit {
  // The configuration belongs to the thread; releasing it afterwards keeps context switches cheap.
  static void configure() { __asm__ volatile("ldtilecfg %0" : : "m"(kWholeAmxTiles) : "memory"); }
  static void release() { __asm__ volatile("tilerelease" : : : "memory"); }
  template <int kTile>
  FP8BENCH_INLINE void zero() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  FP8BENCH_INLINE void load(const void* data, int64_t stride) {  // bytes
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(data), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  FP8BENCH_INLINE void store(void* data, int64_t stride) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(data), "r"(stride), "i"(kTile) : "memory");
  }
  // Tile kSum[m][n] += over 16 pairs of kX[m][pair] . kW[pair][n]
  template <int kSum, int kX, int kW>
  FP8BENCH_INLINE void dot() {
    __asm__ volatile("tdpbf16ps %%tmm%c0, %%tmm%c1, %%tmm%c2" : : "i"(kW), "i"(kX), "i"(kSum));
  }
};

}  // namespace
}  // namespace fp8bench::FP8BENCH_ISA_NS
