#include "kernels/fp8.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include "kernel_testing.h"
#include "tests/test_data.h"

namespace fp8bench {
namespace {

using test::bits;
using test::from_bits;

std::vector<uint8_t> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// ml_dtypes' saturating cast turns infinities into NaN; ours is the SATFINITE of GPUs, which clamps them too.
bool same_saturated(float value, uint32_t theirs) {
  if (std::isinf(value)) return f32_to_e4m3(value) == (value > 0 ? 0x7E : 0xFE);
  return f32_to_e4m3(value) == theirs;
}

TEST_CASE("E4M3: every code is its textbook value and encodes to itself") {
  for (uint32_t code = 0; code < 256; ++code) {
    const uint32_t exponent = (code >> 3) & 15, mantissa = code & 7;
    const float value = e4m3_to_f32(static_cast<uint8_t>(code));
    INFO("code " << code);
    if ((code & 0x7F) == 0x7F) {
      CHECK(std::isnan(value));
    } else {
      const double magnitude =
          exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, static_cast<int>(exponent) - 10);
      CHECK(value == (code < 128 ? magnitude : -magnitude));
      CHECK(std::signbit(value) == (code >= 128));
    }
    CHECK(f32_to_e4m3(value) == code);
    CHECK(f32_to_e4m3_nan(value) == code);
    CHECK(f32_to_e4m3_truncated(value) == code);
  }
}

TEST_CASE("E4M3: rounding goes to the nearest, ties to even, between all neighbours") {
  for (uint32_t code = 0; code < 0x7E; ++code) {
    const float low = e4m3_to_f32(static_cast<uint8_t>(code)), high = e4m3_to_f32(static_cast<uint8_t>(code + 1));
    const float middle = (low + high) / 2;
    INFO("between codes " << code << " and " << code + 1);
    CHECK(f32_to_e4m3(middle) == (code % 2 == 0 ? code : code + 1));
    CHECK(f32_to_e4m3(std::nextafter(middle, 0.0f)) == code);
    CHECK(f32_to_e4m3(std::nextafter(middle, 1e9f)) == code + 1);
    CHECK(f32_to_e4m3(-middle) == (0x80 | (code % 2 == 0 ? code : code + 1)));
    CHECK(f32_to_e4m3_truncated(std::nextafter(high, 0.0f)) == code);
  }
}

TEST_CASE("E4M3: overflow saturates or becomes NaN, as asked") {
  CHECK(f32_to_e4m3(464.0f) == 0x7E);
  CHECK(f32_to_e4m3_nan(464.0f) == 0x7E);  // the tie goes to the even 448
  const float above = std::nextafter(464.0f, 1e9f);
  CHECK(f32_to_e4m3(above) == 0x7E);
  CHECK(f32_to_e4m3_nan(above) == 0x7F);
  CHECK(f32_to_e4m3_nan(-above) == 0xFF);
  CHECK(f32_to_e4m3(INFINITY) == 0x7E);
  CHECK(f32_to_e4m3_nan(-INFINITY) == 0xFF);
  CHECK(f32_to_e4m3_truncated(1e30f) == 0x7E);
  CHECK(f32_to_e4m3(-3.4e38f) == 0xFE);
  CHECK((f32_to_e4m3(NAN) & 0x7F) == 0x7F);
  CHECK(f32_to_e4m3(-0.0f) == 0x80);
  CHECK(f32_to_e4m3(0x1p-149f) == 0x00);
  CHECK(f32_to_e4m3(-0x1p-10f) == 0x80);  // half the smallest subnormal: the tie goes to zero, the sign stays
}

TEST_CASE("E4M3: the quotient goldens of the quantization recipe") {
  // bf16 weights of a row whose scale is 0x3B12; the quotient is rounded to bf16 before E4M3.
  const float scale = bf16_to_f32(0x3B12);
  const struct {
    uint16_t weight;
    uint8_t code;
  } kRow[] = {{0x3F80, 0x7E}, {0xBF80, 0xFE}, {0x3F76, 0x7E}, {0x3F40, 0x7A}, {0x3EF6, 0x76}, {0x3EC0, 0x72},
              {0x8000, 0x80}, {0x0000, 0x00}, {0x3A00, 0x26}, {0xB600, 0x80}, {0x35A0, 0x00}, {0x3E00, 0x66},
              {0xBE76, 0xEE}, {0x3C12, 0x48}, {0x3912, 0x18}, {0xB892, 0x90}};
  for (const auto& [weight, code] : kRow) CHECK(f32_to_e4m3(round_to_bf16(bf16_to_f32(weight) / scale)) == code);
}

TEST_CASE("E4M3: all 65,536 bf16 values round as ml_dtypes does") {
  FP8BENCH_REQUIRE_DATA(path, "fixtures/ml_dtypes/bf16_to_e4m3fn.bin");
  FP8BENCH_REQUIRE_DATA(saturated_path, "fixtures/ml_dtypes/bf16_to_e4m3fn_sat.bin");
  const std::vector<uint8_t> expected = read_bytes(path), saturated = read_bytes(saturated_path);
  REQUIRE(expected.size() == 65536);
  REQUIRE(saturated.size() == 65536);
  int64_t different = 0, different_saturated = 0;
  for (uint32_t i = 0; i < 65536; ++i) {
    const float value = bf16_to_f32(static_cast<uint16_t>(i));
    if (f32_to_e4m3_nan(value) != expected[i]) ++different;
    if (!same_saturated(value, saturated[i])) ++different_saturated;
  }
  CHECK(different == 0);
  CHECK(different_saturated == 0);
}

TEST_CASE("E4M3: float32 cases round and decode as ml_dtypes does") {
  FP8BENCH_REQUIRE_DATA(path, "fixtures/ml_dtypes/f32_to_e4m3fn_cases.tsv");
  FP8BENCH_REQUIRE_DATA(decode_path, "fixtures/ml_dtypes/e4m3fn_decode.tsv");
  std::string line;
  int64_t cases = 0, different = 0;
  std::ifstream file(path);
  std::getline(file, line);
  for (uint32_t value, nearest, saturated; file >> std::hex >> value >> nearest >> saturated; ++cases) {
    if (f32_to_e4m3_nan(from_bits(value)) != nearest || !same_saturated(from_bits(value), saturated)) ++different;
  }
  CHECK(cases > 10000);
  CHECK(different == 0);
  std::ifstream decode(decode_path);
  std::getline(decode, line);
  int64_t codes = 0;
  for (uint32_t code, value; std::getline(decode, line); ++codes) {
    std::istringstream(line) >> std::hex >> code >> value;
    const float ours = e4m3_to_f32(static_cast<uint8_t>(code));
    if ((code & 0x7F) == 0x7F) {
      CHECK(std::isnan(ours));
    } else {
      CHECK(bits(ours) == value);
    }
  }
  CHECK(codes == 256);
}

}  // namespace
}  // namespace fp8bench
