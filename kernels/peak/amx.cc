// AMX-BF16: tdpbf16ps multiplies a tile of 16 x 32 BF16 by one of 32 x 16 into 16 x 16 float32 sums: 16384 operations,
// issued every 16 cycles with a latency of 52. Six sums and the two factors fill the eight tiles. (Rate and latency:
// Intel 64 and IA-32 Optimization Reference Manual, chapter on AMX.)
#include "kernels/amx_tile_config.h"
#include "kernels/peak/peak_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace fp8bench {
namespace {

constexpr int kSums = 6;

}  // namespace

__attribute__((target("amx-tile,amx-bf16"))) int64_t amx_bf16_rounds(int64_t rounds) {
  alignas(64) uint16_t ones[16 * 32];
  for (uint16_t& value : ones) value = 0x3f80;  // 1.0
  _tile_loadconfig(&kWholeAmxTiles);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_loadd(6, ones, 64);
  _tile_loadd(7, ones, 64);
  for (int64_t r = 0; r < rounds; ++r) {
    _tile_dpbf16ps(0, 6, 7);
    _tile_dpbf16ps(1, 6, 7);
    _tile_dpbf16ps(2, 6, 7);
    _tile_dpbf16ps(3, 6, 7);
    _tile_dpbf16ps(4, 6, 7);
    _tile_dpbf16ps(5, 6, 7);
  }
  _tile_release();
  return rounds * kSums * 16 * 16 * 32 * 2;
}

}  // namespace fp8bench
#endif
