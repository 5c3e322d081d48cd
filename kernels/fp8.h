// E4M3 (OCP 8-bit floating point, "fn" variant): 1 sign, 4 exponent (bias 7), 3 mantissa bits; no infinity, NaN is
// S.1111.111, largest finite 448, smallest subnormal 2^-9. Source: OCP OFP8 specification 1.0.
#pragma once
#include <array>
#include <cstdint>

namespace fp8bench {

inline constexpr float kE4M3Max = 448.0f;

// Exact value of every code; index = code. Codes 0x7F and 0xFF are NaN.
extern const std::array<float, 256> kE4M3Values;

inline float e4m3_to_f32(uint8_t code) { return kE4M3Values[code]; }

// Round to nearest, ties to even, saturating to +-448 (NaN stays NaN 0x7F/0xFF; the sign of zero is kept).
uint8_t f32_to_e4m3(float value);
// The same without saturation, as ml_dtypes and the OCP specification's non-saturating mode: above 464 becomes NaN.
uint8_t f32_to_e4m3_nan(float value);
// Rounds toward zero: the fault "truncating E4M3", never a quantizer.
uint8_t f32_to_e4m3_truncated(float value);

}  // namespace fp8bench
