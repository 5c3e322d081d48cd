#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/attention/attention_kernel.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr int64_t kKeyPanel = 16;

// Tokens first .. first + tokens - 1 of the call, all query heads of one kv head.
struct Item {
  const AttentionArgs* args;
  int64_t kv_head, token, tokens;
};

constexpr float kE4M3Factor = 256.0f;  // of q in front of KvCodec::kE4M3Scaled

// Whether scaled queries and plain decoding are exact.
bool can_scale(const KvCacheLayer& cache, const float* q, int64_t count) {
  if (cache.has_nan) return false;
  return std::all_of(q, q + count, [](float value) { return std::fabs(value) < 0x1p119f; });
}

KvCodec codec_of(const KvCacheLayer& cache, float* q, int64_t count) {
  if (cache.dtype == KvDType::kF32) return KvCodec::kF32;
  if (cache.dtype == KvDType::kBF16) return KvCodec::kBF16;
  if (!can_scale(cache, q, count)) return KvCodec::kE4M3;
  for (int64_t i = 0; i < count; ++i) q[i] *= kE4M3Factor;
  return KvCodec::kE4M3Scaled;
}

int64_t group_size(const AttentionArgs& args) { return args.heads / args.cache->kv_heads; }

// Rows are (token, head of the group) pairs, token by token, so that what they see ascends.
void attend_rows(const AttentionKernel& kernel, const Item& item, int64_t first_row, int64_t rows,
                 std::vector<float>& scratch) {
  const AttentionArgs& args = *item.args;
  const KvCacheLayer& cache = *args.cache;
  const int64_t group = group_size(args), head_dim = cache.head_dim;
  AttentionRows a;
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t position = args.first + item.token + (first_row + r) / group;
    a.low[r] = args.window == 0 ? 0 : std::max<int64_t>(0, position - args.window + 1);
    a.high[r] = position + 1;
  }
  const int64_t base = a.low[0] / kKeyPanel * kKeyPanel;
  a.ld_scores = (a.high[rows - 1] - base + kKeyPanel - 1) / kKeyPanel * kKeyPanel;
  scratch.resize(static_cast<size_t>(rows * (a.ld_scores + 2 * head_dim)));
  float* q = scratch.data() + rows * a.ld_scores;
  a.scores = scratch.data();
  a.out = q + rows * head_dim;
  const auto offset = [&](int64_t r) {
    const int64_t token = item.token + (first_row + r) / group, head = item.kv_head * group + (first_row + r) % group;
    return (token * args.heads + head) * head_dim;
  };
  const size_t bytes = static_cast<size_t>(head_dim) * sizeof(float);
  for (int64_t r = 0; r < rows; ++r) std::memcpy(q + r * head_dim, args.q + offset(r), bytes);
  a.rows = rows;
  a.head_dim = head_dim;
  a.q = q;
  a.codec = codec_of(cache, q, rows * head_dim);
  a.keys = cache.keys[static_cast<size_t>(item.kv_head)].data();
  a.values = cache.values[static_cast<size_t>(item.kv_head)].data();
  a.scale = args.scale;
  kernel.rows(a);
  for (int64_t r = 0; r < rows; ++r) std::memcpy(args.out + offset(r), a.out + r * head_dim, bytes);
}

}  // namespace

void attention_batch(const AttentionArgs* sequences, int64_t count) {
  const AttentionKernel& kernel = attention_kernel_for(active_isa());
  std::vector<Item> items;
  int64_t products = 0;
  for (int64_t s = 0; s < count; ++s) {
    const AttentionArgs& args = sequences[s];
    if (args.tokens == 0) continue;
    const int64_t block = std::max<int64_t>(1, kAttentionRows / group_size(args));
    for (int64_t kv_head = 0; kv_head < args.cache->kv_heads; ++kv_head) {
      for (int64_t token = 0; token < args.tokens; token += block) {
        items.push_back({&args, kv_head, token, std::min(block, args.tokens - token)});
      }
    }
    const int64_t reach = args.first + args.tokens, seen = args.window == 0 ? reach : std::min(reach, args.window);
    products += args.tokens * args.heads * args.cache->head_dim * seen;
  }
  const int64_t pieces = static_cast<int64_t>(items.size());
  const int64_t grain = std::max<int64_t>(1, (pieces << 16) / std::max<int64_t>(1, products));
  parallel_for(pieces, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch;
    for (int64_t i = begin; i < end; ++i) {
      const Item& item = items[static_cast<size_t>(i)];
      const int64_t rows = item.tokens * group_size(*item.args);
      for (int64_t row = 0; row < rows; row += kAttentionRows) {
        attend_rows(kernel, item, row, std::min(kAttentionRows, rows - row), scratch);
      }
    }
  });
}

}  // namespace fp8bench
