// Causal grouped-query attention over one sequence's cache.
//   s[i,j] = scale * q[i] . k[j];  key j is visible to query i iff j <= i and (window == 0 or j > i - window), a window
//   of `window` keys counting i itself;  p = softmax(s);  o = p v.  Query head h reads kv head h / (heads / kv_heads).
// Canonical: the dot product is one FMA chain over the head dimension; the exact maximum first; then, in absolute key
// order from the window's first key: e = exp(s - max), sum += e, o = fma(e, v, o); at last o / sum. No online
// rescaling, so the bits do not depend on how the prefill was cut.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace fp8bench {

enum class KvDType { kF32, kBF16, kF8E4M3 };

// Bytes that begin on a cache line: vectors of a key never straddle two.
struct KvAllocator : std::allocator<std::byte> {
  static constexpr std::align_val_t kLine{64};
  template <class Other>
  struct rebind {
    using other = KvAllocator;
  };
  std::byte* allocate(size_t count) { return static_cast<std::byte*>(::operator new(count, kLine)); }
  void deallocate(std::byte* data, size_t) { ::operator delete(data, kLine); }
};
using KvBytes = std::vector<std::byte, KvAllocator>;

// One layer's keys and values of one sequence. Values are rounded to `dtype` when appended, also in prefill, and held
// in it: 4, 2 or 1 bytes an element. FP8 uses scale 1.0, as vLLM does for checkpoints without KV scales.
struct KvCacheLayer {
  KvDType dtype = KvDType::kF32;
  int64_t kv_heads = 0, head_dim = 0, length = 0;
  bool has_nan = false;         // FP8 only: a NaN was appended, so codes have to be decoded with care
  std::vector<KvBytes> keys;    // per kv head: panels of 16 positions, [ceil(length/16)][head_dim][16]
  std::vector<KvBytes> values;  // per kv head: [length][head_dim]
};

int64_t kv_element_bytes(KvDType dtype);
// One element, widened exactly. For references and tests.
float kv_key(const KvCacheLayer& cache, int64_t kv_head, int64_t position, int64_t d);
float kv_value(const KvCacheLayer& cache, int64_t kv_head, int64_t position, int64_t d);

// k, v: (tokens, kv_heads, head_dim), positions length .. length + tokens - 1.
void kv_append(KvCacheLayer& cache, const float* k, const float* v, int64_t tokens);
// Makes `to` the first `length` positions of `from`, with room for `extra` more. length <= from.length.
void kv_fork(const KvCacheLayer& from, int64_t length, int64_t extra, KvCacheLayer& to);

struct AttentionArgs {
  const float* q = nullptr;  // (tokens, heads, head_dim), positions first .. first + tokens - 1
  int64_t tokens = 0, first = 0, heads = 0;
  const KvCacheLayer* cache = nullptr;  // must hold every position up to first + tokens - 1
  int64_t window = 0;                   // keys a query sees, itself included; 0 = all
  float scale = 1.0f;
  float* out = nullptr;  // (tokens, heads, head_dim)
};

// Serial over queries and heads inside; parallelism is over sequences and heads by attention_batch.
void attention_batch(const AttentionArgs* sequences, int64_t count);
void attention_ref(const AttentionArgs& args);  // double

}  // namespace fp8bench
