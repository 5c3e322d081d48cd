#include "kernels/fp8.h"

#include <bit>

namespace fp8bench {
namespace {

constexpr uint32_t kExponentShift = 23 - 3;            // float32 mantissa bits that E4M3 lacks
constexpr uint32_t kRebias = (127 - 7) << 3;           // between the exponent fields, in units of an E4M3 code
constexpr uint32_t kSmallestNormal = (127 - 6) << 23;  // 2^-6 as float32 bits
constexpr float kIntegerMagic = 12582912.0f;           // 1.5 * 2^23: adding it rounds to an integer, ties to even
constexpr uint32_t kIntegerMagicBits = 0x4B400000u;
constexpr uint32_t kMaxCode = 0x7E;
constexpr uint32_t kNanCode = 0x7F;

constexpr float decode(uint32_t code) {
  const float sign = (code & 0x80u) != 0 ? -1.0f : 1.0f;
  const uint32_t exponent = (code >> 3) & 15u, mantissa = code & 7u;
  if (exponent == 15 && mantissa == 7) return std::bit_cast<float>(0x7FC00000u | (code & 0x80u) << 24);
  if (exponent == 0) return sign * (static_cast<float>(mantissa) / 512.0f);
  return std::bit_cast<float>((code & 0x80u) << 24 | (exponent + 120u) << 23 | mantissa << kExponentShift);
}

constexpr std::array<float, 256> decode_all() {
  std::array<float, 256> values{};
  for (uint32_t code = 0; code < 256; ++code) values[code] = decode(code);
  return values;
}

// The magnitude code without an upper bound: more than kMaxCode means overflow.
uint32_t round_magnitude(uint32_t magnitude) {
  if (magnitude < kSmallestNormal) {
    // Subnormal E4M3 steps are 2^-9: the power-of-two product is exact, the sum rounds to an integer, ties to even.
    const float steps = std::bit_cast<float>(magnitude) * 512.0f + kIntegerMagic;
    return std::bit_cast<uint32_t>(steps) - kIntegerMagicBits;
  }
  const uint32_t half_minus_one = (1u << (kExponentShift - 1)) - 1u;
  const uint32_t rounded = magnitude + half_minus_one + ((magnitude >> kExponentShift) & 1u);
  return (rounded >> kExponentShift) - kRebias;
}

uint8_t join(uint32_t sign, uint32_t code) { return static_cast<uint8_t>(sign | code); }

uint8_t encode(float value, uint32_t overflow_code) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 24) & 0x80u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return join(sign, kNanCode);
  const uint32_t code = round_magnitude(magnitude);
  return join(sign, code > kMaxCode ? overflow_code : code);
}

}  // namespace

const std::array<float, 256> kE4M3Values = decode_all();

uint8_t f32_to_e4m3(float value) { return encode(value, kMaxCode); }

uint8_t f32_to_e4m3_nan(float value) { return encode(value, kNanCode); }

uint8_t f32_to_e4m3_truncated(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 24) & 0x80u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return join(sign, kNanCode);
  if (magnitude < kSmallestNormal) {
    return join(sign, static_cast<uint32_t>(std::bit_cast<float>(magnitude) * 512.0f));
  }
  const uint32_t code = (magnitude >> kExponentShift) - kRebias;
  return join(sign, code > kMaxCode ? kMaxCode : code);
}

}  // namespace fp8bench
