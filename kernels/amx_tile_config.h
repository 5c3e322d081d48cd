// The AMX configuration that every kernel here uses: all eight tiles whole, sixteen rows of 64 bytes. Plain data of
// internal linkage, so that files compiled with other flags can include it (see simd.h).
#pragma once
#include <cstdint>

namespace fp8bench {

// The layout that ldtilecfg reads (Intel SDM, volume 1, 18.3).
struct alignas(64) AmxTileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
static_assert(sizeof(AmxTileConfig) == 64);

constexpr AmxTileConfig kWholeAmxTiles = {1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

}  // namespace fp8bench
