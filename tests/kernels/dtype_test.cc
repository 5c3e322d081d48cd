#include "kernels/dtype.h"

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::bits;
using test::from_bits;

TEST_CASE("dtype: every name parses back, and sizes are those of the safetensors format") {
  for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
    const DType dtype = static_cast<DType>(i);
    CHECK(parse_dtype(dtype_name(dtype)) == dtype);
  }
  CHECK_FALSE(parse_dtype("F8_E4M3FN").has_value());
  CHECK_FALSE(parse_dtype("").has_value());
  CHECK(dtype_bits(DType::kF4) == 4);
  CHECK(dtype_bits(DType::kF6E2M3) == 6);
  CHECK(dtype_bits(DType::kF8E4M3) == 8);
  CHECK(dtype_bits(DType::kBF16) == 16);
  CHECK(dtype_bits(DType::kC64) == 64);
  CHECK(dtype_name(DType::kF8E4M3) == "F8_E4M3");
}

TEST_CASE("bf16: every value survives, halves go to even, overflow to infinity, NaN stays NaN") {
  for (uint32_t i = 0; i < 65536; ++i) {
    const uint16_t code = static_cast<uint16_t>(i);
    const float value = bf16_to_f32(code);
    if (std::isnan(value)) {
      CHECK(std::isnan(round_to_bf16(value)));
    } else if (f32_to_bf16(value) != code) {
      FAIL("bf16 code " << i << " does not survive");
    }
  }
  CHECK(f32_to_bf16(from_bits(0x3F808000)) == 0x3F80);
  CHECK(f32_to_bf16(from_bits(0x3F818000)) == 0x3F82);
  CHECK(f32_to_bf16(from_bits(0x3F808001)) == 0x3F81);
  CHECK(f32_to_bf16(3.4028235e38f) == 0x7F80);
  CHECK(f32_to_bf16(from_bits(0x00018000)) == 0x0002);  // subnormal
  CHECK(f32_to_bf16(-0.0f) == 0x8000);
  CHECK(std::isnan(round_to_bf16(from_bits(0x7F800001))));  // a payload that rounding would lose
}

}  // namespace
}  // namespace fp8bench
