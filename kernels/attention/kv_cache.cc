// Keys and values in the cache's own type: rounding, packing and copying.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/attention/attention.h"
#include "kernels/bf16.h"
#include "kernels/fp8.h"
#include "kernels/parallel.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {
namespace {

constexpr int64_t kKeyPanel = 16;

void round_to_cache(KvDType dtype, float* x, int64_t count) {
  if (dtype == KvDType::kBF16) round_buffer_bf16(x, count);
  if (dtype == KvDType::kF8E4M3) round_buffer_e4m3(x, count);
}

// Rounded values as they are stored.
struct AsF32 {
  using Element = float;
  static float of(float x) { return x; }
};
struct AsBF16 {
  using Element = uint16_t;
  static uint16_t of(float x) { return static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16); }
};
struct AsE4M3 {
  using Element = uint8_t;
  static uint8_t of(float x) {
    const uint32_t bits = std::bit_cast<uint32_t>(x), magnitude = bits & 0x7FFFFFFFu;
    const uint32_t normal = (magnitude >> 20) - (120u << 3);  // bias 127 becomes 7
    const uint32_t subnormal = static_cast<uint32_t>(std::bit_cast<float>(std::min(magnitude, 0x3C800000u)) * 512.0f);
    const uint32_t code = magnitude > 0x7F800000u ? 0x7Fu : magnitude < 0x3C800000u ? subnormal : normal;
    return static_cast<uint8_t>(bits >> 24 & 0x80u) | static_cast<uint8_t>(code);
  }
};

template <class Use>
void with_storage(KvDType dtype, const Use& use) {
  if (dtype == KvDType::kF32) use(AsF32());
  if (dtype == KvDType::kBF16) use(AsBF16());
  if (dtype == KvDType::kF8E4M3) use(AsE4M3());
}

int64_t whole_panels(int64_t positions) { return (positions + kKeyPanel - 1) / kKeyPanel * kKeyPanel; }

// Room for `count` bytes; a first append leaves some for the tokens of a decode, later ones double as vectors do.
void grow(KvBytes& x, int64_t count, int64_t slack) {
  if (x.empty()) x.reserve(static_cast<size_t>(count + slack));
  x.resize(static_cast<size_t>(count));
}

struct NewTokens {
  const float* data;  // of one head
  int64_t stride, count;
};

bool any_nan(const std::vector<float>& x) {
  return std::any_of(x.begin(), x.end(), [](float value) { return std::isnan(value); });
}

// One head's keys, a panel of 16 positions at a time: rounded as rows, then written transposed. Whether one is NaN.
template <class As>
bool append_keys(const KvCacheLayer& cache, const NewTokens& k, KvBytes& keys) {
  const int64_t dim = cache.head_dim;
  auto* panels = reinterpret_cast<typename As::Element*>(keys.data());
  std::vector<float> rows(static_cast<size_t>(std::min(k.count, kKeyPanel) * dim));
  bool nan = false;
  for (int64_t t = 0; t < k.count;) {
    const int64_t position = cache.length + t, at = position % kKeyPanel, count = std::min(k.count - t, kKeyPanel - at);
    for (int64_t i = 0; i < count; ++i) std::copy_n(k.data + (t + i) * k.stride, dim, rows.data() + i * dim);
    round_to_cache(cache.dtype, rows.data(), count * dim);
    nan = nan || any_nan(rows);
    typename As::Element* panel = panels + (position - at) * dim + at;
    for (int64_t d = 0; d < dim; ++d) {
      for (int64_t i = 0; i < count; ++i) panel[d * kKeyPanel + i] = As::of(rows[static_cast<size_t>(i * dim + d)]);
    }
    t += count;
  }
  return nan;
}

template <class As>
bool append_values(const KvCacheLayer& cache, const NewTokens& v, KvBytes& values) {
  const int64_t dim = cache.head_dim;
  auto* out = reinterpret_cast<typename As::Element*>(values.data()) + cache.length * dim;
  std::vector<float> row(static_cast<size_t>(dim));
  bool nan = false;
  for (int64_t t = 0; t < v.count; ++t) {
    std::copy_n(v.data + t * v.stride, dim, row.data());
    round_to_cache(cache.dtype, row.data(), dim);
    nan = nan || any_nan(row);
    for (int64_t d = 0; d < dim; ++d) out[t * dim + d] = As::of(row[static_cast<size_t>(d)]);
  }
  return nan;
}

float element(KvDType dtype, const KvBytes& bytes, int64_t index) {
  const std::byte* at = bytes.data() + index * kv_element_bytes(dtype);
  if (dtype == KvDType::kF8E4M3) return e4m3_to_f32(static_cast<uint8_t>(*at));
  if (dtype == KvDType::kBF16) {
    uint16_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    return bf16_to_f32(bits);
  }
  float value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace

int64_t kv_element_bytes(KvDType dtype) { return dtype == KvDType::kF32 ? 4 : dtype == KvDType::kBF16 ? 2 : 1; }

float kv_key(const KvCacheLayer& cache, int64_t kv_head, int64_t position, int64_t d) {
  const int64_t index = (position / kKeyPanel * cache.head_dim + d) * kKeyPanel + position % kKeyPanel;
  return element(cache.dtype, cache.keys[static_cast<size_t>(kv_head)], index);
}

float kv_value(const KvCacheLayer& cache, int64_t kv_head, int64_t position, int64_t d) {
  return element(cache.dtype, cache.values[static_cast<size_t>(kv_head)], position * cache.head_dim + d);
}

void kv_fork(const KvCacheLayer& from, int64_t length, int64_t extra, KvCacheLayer& to) {
  const int64_t row = from.head_dim * kv_element_bytes(from.dtype);
  const auto copy = [&](const KvBytes& source, int64_t positions, int64_t room, KvBytes& target) {
    target.clear();
    target.reserve(static_cast<size_t>(room * row));
    target.assign(source.begin(), source.begin() + positions * row);
  };
  to.dtype = from.dtype;
  to.kv_heads = from.kv_heads;
  to.head_dim = from.head_dim;
  to.length = length;
  to.has_nan = from.has_nan;
  to.keys.resize(from.keys.size());
  to.values.resize(from.values.size());
  for (size_t h = 0; h < from.keys.size(); ++h) {
    copy(from.keys[h], whole_panels(length), whole_panels(length + extra), to.keys[h]);
    copy(from.values[h], length, length + extra, to.values[h]);
  }
}

void kv_append(KvCacheLayer& cache, const float* k, const float* v, int64_t tokens) {
  constexpr int64_t kSlack = 128, kMinElements = 1 << 15;
  const int64_t dim = cache.head_dim, heads = cache.kv_heads, length = cache.length + tokens;
  const int64_t row = dim * kv_element_bytes(cache.dtype);
  cache.keys.resize(static_cast<size_t>(heads));
  cache.values.resize(static_cast<size_t>(heads));
  const int64_t elements = std::max<int64_t>(1, tokens * dim);
  std::atomic<bool> nan = false;
  parallel_for(heads, (kMinElements + elements - 1) / elements, [&](int64_t begin, int64_t end) {
    for (int64_t h = begin; h < end; ++h) {
      KvBytes& keys = cache.keys[static_cast<size_t>(h)];
      KvBytes& values = cache.values[static_cast<size_t>(h)];
      grow(keys, whole_panels(length) * row, kSlack * row);
      grow(values, length * row, kSlack * row);
      with_storage(cache.dtype, [&]<class As>(As) {
        const bool in_keys = append_keys<As>(cache, {k + h * dim, heads * dim, tokens}, keys);
        const bool in_values = append_values<As>(cache, {v + h * dim, heads * dim, tokens}, values);
        if (in_keys || in_values) nan = true;
      });
    }
  });
  cache.has_nan = cache.has_nan || nan;
  cache.length = length;
}

}  // namespace fp8bench
