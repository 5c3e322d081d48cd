// The quantizer against the specification in plain double arithmetic, exhaustively where that is possible, on every
// instruction set.
#include "harness/checkpoint/quantizer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "harness/checkpoint/row_kernels.h"
#include "kernels/bf16.h"
#include "kernels/fp8.h"

using namespace fp8bench;

namespace {

std::vector<const RowKernels*> tables() {
  std::vector<const RowKernels*> found = {&kPortableRowKernels};
  if (kAvx2RowKernels != nullptr && isa_supported(Isa::kAvx2)) found.push_back(kAvx2RowKernels);
  return found;
}

// The nearest E4M3 value by search over all of them: nothing in common with the bit tricks under test.
uint8_t nearest_code(float value) {
  const uint8_t sign = std::signbit(value) ? 0x80 : 0;
  const double magnitude = std::min(448.0, std::fabs(static_cast<double>(value)));
  uint8_t best = 0;
  for (uint8_t code = 1; code <= 0x7E; ++code) {
    const double now = std::fabs(e4m3_to_f32(code) - magnitude), before = std::fabs(e4m3_to_f32(best) - magnitude);
    if (now < before || (now == before && code % 2 == 0)) best = code;  // a tie goes to the even code
  }
  return best | sign;
}

std::vector<uint16_t> all_finite() {
  std::vector<uint16_t> bits;
  for (uint32_t value = 0; value <= 0xFFFF; ++value)
    if ((value & 0x7FFF) < 0x7F80) bits.push_back(static_cast<uint16_t>(value));
  return bits;
}

}  // namespace

TEST_CASE("encode equals the definition for every BF16 weight, with and without the BF16 quotient step") {
  const std::vector<uint16_t> weights = all_finite();
  for (const int scale_bits : {0x3C00, 0x3B12, 0x3F80, 0x0100, 0x000C, 0x7B12, 0x3AAB}) {
    const float scale = bf16_to_f32(static_cast<uint16_t>(scale_bits));
    for (const bool direct : {false, true}) {
      std::vector<uint8_t> expected(weights.size());
      for (size_t i = 0; i < weights.size(); ++i) {
        const float quotient = bf16_to_f32(weights[i]) / scale;
        expected[i] = nearest_code(direct ? quotient : round_to_bf16(quotient));
      }
      for (const RowKernels* table : tables()) {
        std::vector<uint8_t> codes(weights.size());
        table->encode(weights.data(), weights.size(), scale, direct, codes.data());
        INFO(table->name << " scale " << scale << " direct " << direct);
        CHECK(codes == expected);
      }
    }
  }
}

TEST_CASE("every row length gives the same bits on every instruction set, and writes nothing beyond its end") {
  std::mt19937 random(7);
  for (size_t count = 0; count < 130; ++count) {
    std::vector<uint16_t> weights(count);
    for (uint16_t& weight : weights) weight = static_cast<uint16_t>((random() % 0x7F80) | ((random() & 1) << 15));
    for (const RowKernels* table : tables()) {
      std::vector<uint8_t> codes(count + 1, 0xAA), expected(count);
      table->encode(weights.data(), count, 0.37f, false, codes.data());
      kPortableRowKernels.encode(weights.data(), count, 0.37f, false, expected.data());
      CHECK(codes.back() == 0xAA);
      codes.pop_back();
      CHECK(codes == expected);
      CHECK(table->amax(weights.data(), count) == kPortableRowKernels.amax(weights.data(), count));
    }
  }
}

TEST_CASE("code counts agree with a plain loop, also when a byte counter would overflow") {
  std::vector<uint8_t> codes(20000);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = i < 10000 ? 0x7E : static_cast<uint8_t>(i * 37);
  for (const RowKernels* table : tables()) {
    for (const size_t count : {size_t{0}, size_t{31}, size_t{33}, size_t{9000}, codes.size()}) {
      const CodeCounts found = table->count(codes.data(), count),
                       expected = kPortableRowKernels.count(codes.data(), count);
      CHECK(found.nan == expected.nan);
      CHECK(found.largest == expected.largest);
      CHECK(found.zero == expected.zero);
      CHECK(found.subnormal == expected.subnormal);
    }
  }
}

TEST_CASE("scales of known rows") {
  const auto scale = [](uint16_t amax) { return row_scale_fp8({&amax, 1}); };
  CHECK(scale(0x3F00) == 0x3A92);
  CHECK(scale(0x3DC0) == 0x395B);
  CHECK(scale(0x4040) == 0x3BDB);
  CHECK(scale(0x40E0) == 0x3C80);  // 7 / 448 = 2^-6
  CHECK(scale(0x43E0) == 0x3F80);
  CHECK(scale(0x3C4A) == 0x37E7);
  CHECK(scale(0x0000) == 0x3C00);
  CHECK(scale(0x8000) == 0x3C00);
  CHECK(scale(0x0081) == 0x3C00);  // amax / 448 vanishes
  CHECK(scale(0x0321) == 0x000C);  // a subnormal scale is kept
}

TEST_CASE("the golden row: codes of the recipe, and of the direct variant where they differ") {
  const std::vector<uint16_t> row = {0x3F80, 0xBF80, 0x3F76, 0x3F40, 0x3EF6, 0x3EC0, 0x8000, 0x0000,
                                     0x3A00, 0xB600, 0x35A0, 0x3E00, 0xBE76, 0x3C12, 0x3912, 0xB892};
  const std::vector<uint8_t> recipe = {0x7E, 0xFE, 0x7E, 0x7A, 0x76, 0x72, 0x80, 0x00,
                                       0x26, 0x80, 0x00, 0x66, 0xEE, 0x48, 0x18, 0x90};
  std::vector<uint8_t> direct = recipe, codes(row.size());
  direct[2] = 0x7D, direct[3] = 0x7B, direct[4] = 0x75, direct[5] = 0x73, direct[12] = 0xED;
  CHECK(quantize_row_fp8(row, codes) == 0x3B12);
  CHECK(codes == recipe);
  CHECK(quantize_row_fp8(row, codes, QuotientRule::kDirectF32) == 0x3B12);
  CHECK(codes == direct);
}

TEST_CASE("the largest weight of a row becomes +-448 for every amax whose scale is normal") {
  for (uint32_t amax = 1; amax < 0x7F80; ++amax) {
    const uint16_t weight = static_cast<uint16_t>(amax | 0x8000);
    uint8_t code = 0;
    const uint16_t scale = quantize_row_fp8({&weight, 1}, {&code, 1});
    if (scale >= 0x0080 && scale != 0x3C00) REQUIRE(code == 0xFE);
  }
}

TEST_CASE("the BF16 quotient step changes about 3 % of the codes of Gaussian rows") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  int64_t differing = 0, total = 0;
  std::vector<uint16_t> row(2816);
  std::vector<uint8_t> recipe(row.size()), direct(row.size());
  for (int i = 0; i < 64; ++i) {
    for (uint16_t& weight : row) weight = f32_to_bf16(normal(random));
    quantize_row_fp8(row, recipe);
    quantize_row_fp8(row, direct, QuotientRule::kDirectF32);
    for (size_t k = 0; k < row.size(); ++k) differing += recipe[k] != direct[k];
    total += static_cast<int64_t>(row.size());
  }
  const double share = static_cast<double>(differing) / static_cast<double>(total);
  CHECK(share > 0.028);
  CHECK(share < 0.034);
}

TEST_CASE("the first NaN or infinity of a row is found") {
  std::vector<uint16_t> row(100, 0x3F80);
  CHECK(find_non_finite(row) == -1);
  row[77] = 0xFF80;
  CHECK(find_non_finite(row) == 77);
  row[5] = 0x7FC1;
  CHECK(find_non_finite(row) == 5);
  CHECK(find_non_finite({}) == -1);
}
