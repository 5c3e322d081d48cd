// Plain C++: the definition that the vector versions are tested against.
#include <algorithm>
#include <bit>
#include <cmath>

#include "harness/checkpoint/row_kernels.h"
#include "kernels/bf16.h"

namespace fp8bench {
namespace {

uint16_t amax(const uint16_t* weights, size_t count) {
  uint16_t largest = 0;
  for (size_t i = 0; i < count; ++i) largest = std::max(largest, static_cast<uint16_t>(weights[i] & 0x7FFFu));
  return largest;
}

// `value` is finite, 0 <= value <= 448: the code without its sign.
uint8_t encode_magnitude(float value) {
  // Below the smallest normal number 2^-6 codes count steps of 2^-9, which is the last bit of numbers in [2^14, 2^15):
  // adding 2^14 makes the hardware round to nearest even there. The result 8 is the code of 2^-6 itself.
  if (value < 0x1p-6f)
    return static_cast<uint8_t>(std::bit_cast<uint32_t>(value + 0x1p14f) - std::bit_cast<uint32_t>(0x1p14f));
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = bits + 0x7FFFFu + ((bits >> 20) & 1u);     // to nearest even at 3 mantissa bits
  return static_cast<uint8_t>((rounded >> 20) - ((127u - 7u) << 3));  // exponent bias 127 -> 7
}

void encode(const uint16_t* weights, size_t count, float scale, bool direct, uint8_t* codes) {
  for (size_t i = 0; i < count; ++i) {
    float quotient = std::fabs(bf16_to_f32(weights[i])) / scale;
    if (!direct) quotient = round_to_bf16(quotient);
    const uint8_t sign = static_cast<uint8_t>((weights[i] >> 8) & 0x80u);  // kept for zero too
    codes[i] = static_cast<uint8_t>(encode_magnitude(std::min(quotient, 448.0f)) | sign);
  }
}

CodeCounts count_codes(const uint8_t* codes, size_t count) {
  CodeCounts counts;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t magnitude = codes[i] & 0x7Fu;
    counts.nan += magnitude == 0x7F;
    counts.largest += magnitude == 0x7E;
    counts.zero += magnitude == 0;
    counts.subnormal += magnitude >= 1 && magnitude <= 7;
  }
  return counts;
}

}  // namespace

const RowKernels kPortableRowKernels = {"portable", amax, encode, count_codes};

const RowKernels& row_kernels() {
  return active_isa() != Isa::kPortable && kAvx2RowKernels != nullptr ? *kAvx2RowKernels : kPortableRowKernels;
}

}  // namespace fp8bench
