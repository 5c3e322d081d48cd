// The BF16 units in software, as Intel documents them (kernels/native_gemm/native_gemm.h), so that the blocking, the
// indexing and the tails of kernels/native_gemm/{blocks,tile_blocks}.h run against the exact oracle on any machine.
// A tile unit with a fault proves that the oracle sees one.
#pragma once
#include <atomic>
#include <cmath>
#include <cstring>

#include "kernels/bf16.h"
#include "kernels/fp8.h"

#define FP8BENCH_ISA_NS soft
#define FP8BENCH_ISA_LEVEL 0
#include "kernels/native_gemm/tile_blocks.h"

namespace fp8bench::soft {
namespace {

inline float flush(float value) { return std::fabs(value) < 0x1p-126f ? std::copysign(0.0f, value) : value; }

// One accumulation: a product of two BF16 is exact in the fma, whose result is rounded once.
inline float accumulate(float sum, uint16_t x, uint16_t w) {
  return flush(std::fma(flush(bf16_to_f32(x)), flush(bf16_to_f32(w)), flush(sum)));
}

struct Dot {
  struct F {
    float value[16];
  };
  struct P {
    uint16_t value[32];
  };
  static F zero() { return {}; }
  static P zero_pairs() { return {}; }
  static F load(const float* p) {
    F a;
    std::memcpy(a.value, p, sizeof(a.value));
    return a;
  }
  static void store(float* p, const F& a) { std::memcpy(p, a.value, sizeof(a.value)); }
  static P load_pairs(const uint16_t* p) {
    P a;
    std::memcpy(a.value, p, sizeof(a.value));
    return a;
  }
  static void store_pairs(uint16_t* p, const P& a) { std::memcpy(p, a.value, sizeof(a.value)); }
  static P broadcast(const uint16_t* x) {
    P a;
    for (int i = 0; i < 32; ++i) a.value[i] = x[i % 2];
    return a;
  }
  __attribute__((noinline)) static F dot(F acc, const P& x, const P& w) {
    for (int i = 0; i < 16; ++i) {
      acc.value[i] = accumulate(acc.value[i], x.value[2 * i + 1], w.value[2 * i + 1]);
      acc.value[i] = accumulate(acc.value[i], x.value[2 * i], w.value[2 * i]);
    }
    return acc;
  }
  static void round_row(const float* x, int64_t k, uint16_t* out) {
    for (int64_t i = 0; i < (k + 31) / 32 * 32; ++i) out[i] = i < k ? f32_to_bf16(flush(x[i])) : uint16_t{0};
  }
};

template <class T, int kCount>
struct Pairs {
  using Element = T;
  static constexpr int kRows = kCount;
  static uint16_t bf16(uint16_t weight) { return weight; }
  static uint16_t bf16(uint8_t code) { return f32_to_bf16(e4m3_to_f32(code)); }
  static void decode(const T* rows, Dot::P* pairs) { decode_last(rows, kCount, pairs); }
  __attribute__((noinline)) static void decode_last(const T* rows, int64_t count, Dot::P* pairs) {
    for (int64_t k = 0; k < kCount; ++k)
      for (int64_t j = 0; j < 16; ++j)
        pairs[k / 2].value[2 * j + k % 2] = k < count ? bf16(rows[k * 16 + j]) : uint16_t{0};
  }
};

enum class TileFault { kNone, kPairSwapped, kLastPairDropped, kStrideIgnored };

template <TileFault kFault>
struct Tiles {
  struct Tile {
    unsigned char rows[16][64];
  };
  static inline thread_local Tile tile[8];
  static inline thread_local bool configured = false;
  static inline std::atomic<bool> used_unconfigured{false};
  static void configure() { configured = true; }
  static void release() { configured = false; }
  static Tile& use(int index) {
    if (!configured) used_unconfigured = true;
    return tile[index];
  }
  template <int kTile>
  static void zero() {
    use(kTile) = {};
  }
  template <int kTile>
  static void load(const void* data, int64_t stride) {
    if (kFault == TileFault::kStrideIgnored) stride = 64;
    for (int64_t r = 0; r < 16; ++r)
      std::memcpy(use(kTile).rows[r], static_cast<const unsigned char*>(data) + r * stride, 64);
  }
  template <int kTile>
  static void store(void* data, int64_t stride) {
    for (int64_t r = 0; r < 16; ++r)
      std::memcpy(static_cast<unsigned char*>(data) + r * stride, use(kTile).rows[r], 64);
  }
  template <int kSum, int kX, int kW>
  static void dot() {
    dot(use(kSum), use(kX), use(kW));
  }
  __attribute__((noinline)) static void dot(Tile& sum, const Tile& x, const Tile& w) {
    const int pairs = kFault == TileFault::kLastPairDropped ? 15 : 16;
    for (int m = 0; m < 16; ++m) {
      float even[16] = {}, odd[16] = {}, out[16];
      for (int k = 0; k < pairs; ++k) {
        uint16_t a[2], b[32];
        std::memcpy(a, x.rows[m] + 4 * k, sizeof(a));
        std::memcpy(b, w.rows[k], sizeof(b));
        if (kFault == TileFault::kPairSwapped) std::swap(a[0], a[1]);
        for (int n = 0; n < 16; ++n) {
          even[n] = accumulate(even[n], a[0], b[2 * n]);
          odd[n] = accumulate(odd[n], a[1], b[2 * n + 1]);
        }
      }
      std::memcpy(out, sum.rows[m], sizeof(out));
      for (int n = 0; n < 16; ++n) out[n] = flush(flush(out[n]) + flush(even[n] + odd[n]));
      std::memcpy(sum.rows[m], out, sizeof(out));
    }
  }
};

template <class Codec>
void dots(const NativeBlock& g) {
  dot_block<Dot, Codec>(g);
}

void dot_unit(const NativeBlock& g) { g.e4m3 ? dots<Pairs<uint8_t, 4>>(g) : dots<Pairs<uint16_t, 2>>(g); }

template <TileFault kFault>
void tile_unit(const NativeBlock& g) {
  if (g.e4m3)
    tile_block<Tiles<kFault>, Dot, Pairs<uint8_t, 4>>(g);
  else
    tile_block<Tiles<kFault>, Dot, Pairs<uint16_t, 2>>(g);
}

constexpr NativeKernel kDotKernel = {"avx512bf16",  Dot::round_row, dot_unit,  kFewRows,
                                     kDotBlockRows, kDotRows,       kDotPanels};
template <TileFault kFault>
constexpr NativeKernel kTileKernel = {"amx", Dot::round_row, tile_unit<kFault>, kFewRows, kTileBlockRows, 2 * kTileRows,
                                      2};

}  // namespace
}  // namespace fp8bench::soft
