#include "bench/cases/inputs.h"

#include <algorithm>

#include "harness/engine/elementwise.h"
#include "kernels/parallel.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {
namespace {

// About normal: the sum of eight uniform 16-bit values, which needs no transcendental.
float about_normal(uint64_t key) {
  const uint64_t a = mix64(key), b = mix64(key ^ 0xD1B54A32D192ED03ull);
  int64_t sum = 0;
  for (int i = 0; i < 4; ++i)
    sum += static_cast<int64_t>((a >> (16 * i)) & 0xFFFF) + static_cast<int64_t>((b >> (16 * i)) & 0xFFFF);
  return static_cast<float>(sum - 4 * 65535) * (1.0f / 53509.0f);  // 65536 * sqrt(8 / 12)
}

float uniform(uint64_t key) { return static_cast<float>(static_cast<int64_t>(mix64(key) >> 40)) * 0x1p-23f - 1.0f; }

float with_outliers(uint64_t key, uint64_t channel_key) {
  const float gain = mix64(channel_key) % 128 == 0 ? 50.0f : mix64(key ^ 0x0E1E4Eu) % 64 == 0 ? 8.0f : 1.0f;
  return about_normal(key) * gain;
}

}  // namespace

std::vector<float> make_inputs(std::string_view distribution, int64_t rows, int64_t width, uint64_t seed) {
  std::vector<float> values(static_cast<size_t>(rows * width), 0.0f);
  if (distribution == "zeros") return values;
  const uint64_t start = mix64(seed);
  parallel_for(rows * width, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t key = start + static_cast<uint64_t>(i);
      float& value = values[static_cast<size_t>(i)];
      if (distribution == "uniform")
        value = uniform(key);
      else if (distribution == "outliers")
        value = with_outliers(key, start ^ static_cast<uint64_t>(i % width));
      else
        value = about_normal(key);
    }
  });
  return values;
}

QuantizedInputs::QuantizedInputs(std::span<const float> x, int64_t width)
    : codes(x.size()), scales(x.size() / static_cast<size_t>(width)) {
  quantize_per_token_ref({.x = x.data(),
                          .rows = static_cast<int64_t>(scales.size()),
                          .width = width,
                          .codes = codes.data(),
                          .scales = scales.data()});
}

double zero_share(std::span<const float> codes) {
  if (codes.empty()) return 0.0;
  return static_cast<double>(std::count(codes.begin(), codes.end(), 0.0f)) / static_cast<double>(codes.size());
}

}  // namespace fp8bench
