#include "kernels/quantize/quantize.h"

#include <algorithm>

#include "kernel_testing.h"
#include "kernels/fp8.h"

namespace fp8bench {
namespace {

using test::bits;
using test::count_different;
using test::from_bits;
using test::random_floats;

struct Quantized {
  std::vector<float> codes, scales;
};

Quantized run(void (*kernel)(const QuantizeArgs&), const std::vector<float>& x, int64_t width,
              float static_scale = 0.0f, E4M3Rounding rounding = E4M3Rounding::kNearestEven) {
  const int64_t rows = static_cast<int64_t>(x.size()) / width;
  Quantized q = {std::vector<float>(x.size()), std::vector<float>(static_cast<size_t>(rows))};
  kernel({x.data(), rows, width, static_scale, rounding, q.codes.data(), q.scales.data()});
  return q;
}

TEST_CASE("quantize: the goldens of the kernel that serving engines run") {
  // A true division; the reciprocal gives 7B.
  const Quantized q = run(quantize_per_token, {from_bits(0x3F8A0000), from_bits(0x3F4F0000)}, 2);
  CHECK(bits(q.scales[0]) == 0x3B1DB6DBu);
  CHECK(q.codes[0] == 448.0f);
  CHECK(f32_to_e4m3(q.codes[1]) == 0x7A);
  CHECK(f32_to_e4m3(from_bits(0x3F4F0000) * (1.0f / q.scales[0])) == 0x7B);
  // A zero row has the smallest scale, and its codes keep their signs.
  const Quantized zero = run(quantize_per_token, {0.0f, -0.0f}, 2);
  CHECK(bits(zero.scales[0]) == 0x36924925u);
  CHECK(bits(zero.codes[0]) == 0u);
  CHECK(bits(zero.codes[1]) == 0x80000000u);
  CHECK(bits(run(quantize_per_token, {1e-30f, 2e-38f}, 2).scales[0]) == 0x36924925u);
}

TEST_CASE("quantize: NaN counts for no maximum and becomes +448, an infinity sends the finite to zero") {
  const Quantized q = run(quantize_per_token, {1.0f, NAN, -2.0f, INFINITY, 3.0f, -INFINITY}, 3);
  CHECK(q.scales[0] == 2.0f / 448.0f);
  CHECK(q.codes[1] == 448.0f);
  CHECK(q.codes[2] == -448.0f);
  CHECK(std::isinf(q.scales[1]));
  CHECK(q.codes[4] == 0.0f);
  CHECK(q.codes[3] == 448.0f);
}

TEST_CASE("quantize: bits equal the scalar formula everywhere, for any width, scale and rounding") {
  for (const int64_t width : {1, 5, 16, 67, 300}) {
    for (const float static_scale : {0.0f, 0.01f}) {
      for (const E4M3Rounding rounding : {E4M3Rounding::kNearestEven, E4M3Rounding::kTruncate}) {
        const std::vector<float> x = random_floats(width * 41, 61);
        const Quantized expected = run(quantize_per_token_ref, x, width, static_scale, rounding);
        const std::vector<float> codes = test::same_bits_everywhere([&] {
          const Quantized q = run(quantize_per_token, x, width, static_scale, rounding);
          REQUIRE(count_different(q.scales, expected.scales) == 0);
          return q.codes;
        });
        CHECK(count_different(codes, expected.codes) == 0);
      }
    }
  }
  std::vector<float> in_place = random_floats(96, 62), scales(3);
  const Quantized expected = run(quantize_per_token_ref, in_place, 32);
  quantize_per_token({in_place.data(), 3, 32, 0.0f, E4M3Rounding::kNearestEven, in_place.data(), scales.data()});
  CHECK(count_different(in_place, expected.codes) == 0);
}

// Every sign, exponent and upper mantissa, with lower bits on both sides of each tie.
std::vector<float> rounding_grid() {
  std::vector<float> grid;
  for (uint32_t high = 0; high < 65536; ++high) {
    for (const uint32_t low : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) grid.push_back(from_bits(high << 16 | low));
  }
  return grid;
}

TEST_CASE("round_buffer: E4M3 and BF16 of 393,216 values equal the scalar codecs on every instruction set") {
  const std::vector<float> grid = rounding_grid();
  std::vector<float> e4m3, bf16;
  for (const float value : grid) {
    e4m3.push_back(e4m3_to_f32(f32_to_e4m3(value)));
    bf16.push_back(round_to_bf16(value));
  }
  const auto rounded = [&](void (*kernel)(float*, int64_t)) {
    return test::same_bits_everywhere([&] {
      std::vector<float> x = grid;
      kernel(x.data(), static_cast<int64_t>(x.size()) - 1);  // an odd count: the tail counts too
      kernel(x.data() + x.size() - 1, 1);
      return x;
    });
  };
  CHECK(count_different(rounded(round_buffer_e4m3), e4m3) == 0);
  CHECK(count_different(rounded(round_buffer_bf16), bf16) == 0);
}

TEST_CASE("quantize: the vector rounding equals the scalar codec on the same grid, truncation included") {
  std::vector<float> grid = rounding_grid();
  grid.erase(std::remove_if(grid.begin(), grid.end(), [](float x) { return std::isnan(x); }), grid.end());
  for (const E4M3Rounding rounding : {E4M3Rounding::kNearestEven, E4M3Rounding::kTruncate}) {
    const Quantized expected = run(quantize_per_token_ref, grid, static_cast<int64_t>(grid.size()), 1.0f, rounding);
    const test::KeepSettings keep;
    for (const Isa isa : canonical_isas()) {
      set_isa(isa);
      CHECK(count_different(run(quantize_per_token, grid, static_cast<int64_t>(grid.size()), 1.0f, rounding).codes,
                            expected.codes) == 0);
    }
  }
}

}  // namespace
}  // namespace fp8bench
