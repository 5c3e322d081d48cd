#include "kernels/attention/attention.h"

#include <algorithm>

#include "kernel_testing.h"
#include "kernels/canonical_math.h"
#include "kernels/fp8.h"

namespace fp8bench {
namespace {

using test::count_different;
using test::random_floats;

struct Case {
  int64_t tokens, heads, kv_heads, head_dim, window;
};
constexpr Case kCases[] = {{1, 2, 1, 16, 0},   {40, 4, 2, 32, 0},  {77, 6, 2, 20, 5},  {70, 8, 1, 64, 16},
                           {35, 16, 8, 48, 7}, {130, 3, 3, 1, 33}, {50, 16, 2, 40, 0}, {20, 20, 1, 33, 1}};

struct Inputs {
  std::vector<float> q, k, v;
};

Inputs make(const Case& c) {
  Inputs in = {random_floats(c.tokens * c.heads * c.head_dim, 31, false),
               random_floats(c.tokens * c.kv_heads * c.head_dim, 32, false),
               random_floats(c.tokens * c.kv_heads * c.head_dim, 33)};
  return in;
}

KvCacheLayer empty_cache(const Case& c, KvDType dtype) {
  KvCacheLayer cache;
  cache.dtype = dtype;
  cache.kv_heads = c.kv_heads;
  cache.head_dim = c.head_dim;
  return cache;
}

// The sequence in pieces: each piece's keys are appended, then its queries attend, as a prefill in parts or a decode
// does.
std::vector<float> attend(const Case& c, const Inputs& in, const std::vector<int64_t>& pieces,
                          KvDType dtype = KvDType::kF32) {
  KvCacheLayer cache = empty_cache(c, dtype);
  std::vector<float> out(in.q.size(), NAN);
  int64_t first = 0;
  for (const int64_t tokens : pieces) {
    const int64_t kv = first * c.kv_heads * c.head_dim, q = first * c.heads * c.head_dim;
    kv_append(cache, in.k.data() + kv, in.v.data() + kv, tokens);
    const AttentionArgs args = {in.q.data() + q, tokens, first, c.heads, &cache, c.window, 0.3f, out.data() + q};
    attention_batch(&args, 1);
    first += tokens;
  }
  return out;
}

// The documented order in scalar code that shares nothing with the kernel but exp.
std::vector<float> in_order(const Case& c, const Inputs& in) {
  std::vector<float> out(in.q.size());
  for (int64_t i = 0; i < c.tokens; ++i) {
    for (int64_t h = 0; h < c.heads; ++h) {
      const int64_t kv_head = h / (c.heads / c.kv_heads),
                    low = c.window == 0 ? 0 : std::max<int64_t>(0, i - c.window + 1);
      const float* q = in.q.data() + (i * c.heads + h) * c.head_dim;
      std::vector<float> s;
      for (int64_t j = low; j <= i; ++j) {
        const float* k = in.k.data() + (j * c.kv_heads + kv_head) * c.head_dim;
        float dot = 0.0f;
        for (int64_t d = 0; d < c.head_dim; ++d) dot = std::fma(q[d], k[d], dot);
        s.push_back(0.3f * dot);
      }
      const float most = *std::max_element(s.begin(), s.end());
      float sum = 0.0f;
      std::vector<float> o(static_cast<size_t>(c.head_dim), 0.0f);
      for (int64_t j = low; j <= i; ++j) {
        const float e = canonical_exp(s[static_cast<size_t>(j - low)] - most);
        sum += e;
        const float* v = in.v.data() + (j * c.kv_heads + kv_head) * c.head_dim;
        for (size_t d = 0; d < o.size(); ++d) o[d] = std::fma(e, v[d], o[d]);
      }
      for (size_t d = 0; d < o.size(); ++d) out[static_cast<size_t>((i * c.heads + h) * c.head_dim) + d] = o[d] / sum;
    }
  }
  return out;
}

TEST_CASE("attention: the documented order, on every instruction set and thread count") {
  for (const Case& c : kCases) {
    const Inputs in = make(c);
    const std::vector<float> out = test::same_bits_everywhere([&] { return attend(c, in, {c.tokens}); });
    INFO(c.tokens << " tokens, " << c.heads << "/" << c.kv_heads << " heads of " << c.head_dim << ", window "
                  << c.window);
    CHECK(count_different(out, in_order(c, in)) == 0);
  }
}

TEST_CASE("attention: prefill whole, in pieces, and token by token give the same bits") {
  for (const Case& c : kCases) {
    const Inputs in = make(c);
    for (const KvDType dtype : {KvDType::kF32, KvDType::kBF16, KvDType::kF8E4M3}) {
      const std::vector<float> whole = attend(c, in, {c.tokens}, dtype);
      CHECK(count_different(whole, attend(c, in, std::vector<int64_t>(static_cast<size_t>(c.tokens), 1), dtype)) == 0);
      const int64_t third = c.tokens / 3;
      CHECK(count_different(whole, attend(c, in, {third, 1, c.tokens - third - 1}, dtype)) == 0);
    }
  }
}

TEST_CASE("attention: a sequence's bits do not depend on the others of the batch") {
  const Case a = kCases[1], b = {9, 4, 2, 32, 4};
  const Inputs in_a = make(a), in_b = make(b);
  KvCacheLayer cache_a = empty_cache(a, KvDType::kF32), cache_b = empty_cache(b, KvDType::kF32);
  kv_append(cache_a, in_a.k.data(), in_a.v.data(), a.tokens);
  kv_append(cache_b, in_b.k.data(), in_b.v.data(), b.tokens);
  std::vector<float> out_a(in_a.q.size()), out_b(in_b.q.size());
  const AttentionArgs batch[] = {{in_a.q.data(), a.tokens, 0, a.heads, &cache_a, a.window, 0.3f, out_a.data()},
                                 {in_b.q.data(), b.tokens, 0, b.heads, &cache_b, b.window, 0.3f, out_b.data()}};
  attention_batch(batch, 2);
  CHECK(count_different(out_a, attend(a, in_a, {a.tokens})) == 0);
  CHECK(count_different(out_b, attend(b, in_b, {b.tokens})) == 0);
  attention_batch(nullptr, 0);
}

TEST_CASE("attention: close to the exact result, and a window off by one is not") {
  for (const Case& c : kCases) {
    const Inputs in = make(c);
    const std::vector<float> out = attend(c, in, {c.tokens});
    KvCacheLayer cache = empty_cache(c, KvDType::kF32);
    kv_append(cache, in.k.data(), in.v.data(), c.tokens);
    std::vector<float> exact(out.size()), off_by_one(out.size());
    AttentionArgs args = {in.q.data(), c.tokens, 0, c.heads, &cache, c.window, 0.3f, exact.data()};
    attention_ref(args);
    args.window += 1;
    args.out = off_by_one.data();
    attention_ref(args);
    // Values reach 3e5: the error is relative to the largest that a row weighs.
    double worst = 0.0, worst_off = 0.0;
    for (size_t i = 0; i < out.size(); ++i) {
      worst = std::max(worst, std::fabs(static_cast<double>(out[i]) - exact[i]));
      worst_off = std::max(worst_off, std::fabs(static_cast<double>(off_by_one[i]) - exact[i]));
    }
    const double largest = std::fabs(
        *std::max_element(in.v.begin(), in.v.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); }));
    const double tolerance = 1e-5 * std::max(1.0, largest);
    CHECK(worst <= tolerance);
    if (c.window > 0 && c.tokens > c.window) CHECK(worst_off > tolerance);
  }
}

TEST_CASE("attention: large scores pick one key, far keys underflow to nothing") {
  const Case c = {3, 1, 1, 2, 0};
  const std::vector<float> q = {0, 0, 0, 0, 1000, 0}, k = {1, 0, 0, 0, -1, 0}, v = {5, -6, 70, 80, 900, 1000};
  KvCacheLayer cache = empty_cache(c, KvDType::kF32);
  kv_append(cache, k.data(), v.data(), 3);
  std::vector<float> out(6);
  const AttentionArgs args = {q.data(), 3, 0, 1, &cache, 0, 1.0f, out.data()};
  attention_batch(&args, 1);
  CHECK(out == std::vector<float>{5, -6, 37.5f, 37, 5, -6});
}

TEST_CASE("kv_append: values are rounded to the cache's dtype, also across appends") {
  const Case c = {37, 2, 2, 12, 0};
  const Inputs in = make(c);
  for (const KvDType dtype : {KvDType::kF32, KvDType::kBF16, KvDType::kF8E4M3}) {
    KvCacheLayer cache = empty_cache(c, dtype);
    kv_append(cache, in.k.data(), in.v.data(), 5);
    kv_append(cache, in.k.data() + 5 * 24, in.v.data() + 5 * 24, 32);
    REQUIRE(cache.length == 37);
    int64_t wrong = 0;
    for (int64_t t = 0; t < 37; ++t) {
      for (int64_t i = 0; i < 24; ++i) {
        const int64_t head = i / 12;
        const int64_t d = i % 12;
        const auto rounded = [&](float x) {
          if (dtype == KvDType::kBF16) return round_to_bf16(x);
          return dtype == KvDType::kF32 ? x : e4m3_to_f32(f32_to_e4m3(x));
        };
        const size_t source = static_cast<size_t>(t * 24 + i);
        if (kv_key(cache, head, t, d) != rounded(in.k[source])) ++wrong;
        if (kv_value(cache, head, t, d) != rounded(in.v[source])) ++wrong;
      }
    }
    CHECK(wrong == 0);
    CHECK(cache.keys[0].size() == static_cast<size_t>(48 * 12 * kv_element_bytes(dtype)));
    CHECK(cache.values[1].size() == static_cast<size_t>(37 * 12 * kv_element_bytes(dtype)));
  }
}

float rounded_to(KvDType dtype, float x) {
  if (dtype == KvDType::kBF16) return round_to_bf16(x);
  if (dtype == KvDType::kF32) return x;
  return std::isnan(x) ? x : e4m3_to_f32(f32_to_e4m3(x));
}

// A float32 cache of the rounded values is what every cache held before it was packed.
void check_packed_like_rounded(const Case& c, const Inputs& in, KvDType dtype) {
  INFO(c.tokens << " tokens, " << c.heads << "/" << c.kv_heads << " heads of " << c.head_dim << ", window " << c.window
                << ", " << kv_element_bytes(dtype) << " bytes");
  Inputs rounded = in;
  for (float& value : rounded.k) value = rounded_to(dtype, value);
  for (float& value : rounded.v) value = rounded_to(dtype, value);
  const std::vector<float> packed = test::same_bits_everywhere([&] { return attend(c, in, {c.tokens}, dtype); });
  CHECK(count_different(packed, attend(c, rounded, {c.tokens})) == 0);
}

constexpr KvDType kPacked[] = {KvDType::kBF16, KvDType::kF8E4M3};

TEST_CASE("attention: packed keys and values give the bits of the same values in float32") {
  for (const Case& c : kCases)
    for (const KvDType dtype : kPacked) check_packed_like_rounded(c, make(c), dtype);
  // Head sizes of Gemma 4 and windows at the edges of panels.
  for (const Case& c :
       {Case{1, 16, 8, 256, 16}, Case{33, 4, 2, 256, 15}, Case{34, 16, 2, 512, 17}, Case{18, 2, 1, 7, 0}})
    for (const KvDType dtype : kPacked) check_packed_like_rounded(c, make(c), dtype);
}

TEST_CASE("attention: packed, what no factor may be moved around: NaN, infinities and the ends of the float range") {
  const Case c = {37, 4, 2, 24, 9};
  for (const float special : {NAN, INFINITY, 0x1p120f, 0x1p-149f}) {
    for (int where = 0; where < 3; ++where) {
      Inputs in = make(c);
      std::vector<float>& part = where == 0 ? in.q : where == 1 ? in.k : in.v;
      part[part.size() / 2 + 5] = special;
      for (const KvDType dtype : kPacked) {
        INFO(special << " in " << where);
        check_packed_like_rounded(c, in, dtype);
      }
    }
  }
}

TEST_CASE("kv_fork: a packed copy goes on as its original does") {
  const Case c = {50, 4, 2, 20, 11};
  const Inputs in = make(c);
  for (const KvDType dtype : {KvDType::kF32, KvDType::kBF16, KvDType::kF8E4M3}) {
    KvCacheLayer whole = empty_cache(c, dtype), fork = empty_cache(c, KvDType::kF32);
    kv_append(whole, in.k.data(), in.v.data(), c.tokens);
    kv_fork(whole, 21, 29, fork);
    CHECK(fork.dtype == dtype);
    kv_append(fork, in.k.data() + 21 * 40, in.v.data() + 21 * 40, 29);
    std::vector<float> a(in.q.size()), b(in.q.size());
    const AttentionArgs args = {in.q.data(), c.tokens, 0, c.heads, &whole, c.window, 0.3f, a.data()};
    attention_batch(&args, 1);
    AttentionArgs forked = args;
    forked.cache = &fork;
    forked.out = b.data();
    attention_batch(&forked, 1);
    CHECK(count_different(a, b) == 0);
  }
}

}  // namespace
}  // namespace fp8bench
