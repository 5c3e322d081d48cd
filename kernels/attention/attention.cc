#include "kernels/attention/attention.h"

#include <algorithm>
#include <cstring>

#include "kernels/attention/attention_kernel.h"
#include "kernels/parallel.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {
namespace {

constexpr int64_t kKeyPanel = 16;

// Tokens first .. first + tokens - 1 of the call, all query heads of one kv head.
struct Item {
  const AttentionArgs* args;
  int64_t kv_head, token, tokens;
};

void round_to_cache(KvDType dtype, std::vector<float>& x) {
  if (dtype == KvDType::kBF16) round_buffer_bf16(x.data(), static_cast<int64_t>(x.size()));
  if (dtype == KvDType::kF8E4M3) round_buffer_e4m3(x.data(), static_cast<int64_t>(x.size()));
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
  a.keys = cache.keys[static_cast<size_t>(item.kv_head)].data();
  a.values = cache.values[static_cast<size_t>(item.kv_head)].data();
  a.scale = args.scale;
  kernel.rows(a);
  for (int64_t r = 0; r < rows; ++r) std::memcpy(args.out + offset(r), a.out + r * head_dim, bytes);
}

}  // namespace

void kv_append(KvCacheLayer& cache, const float* k, const float* v, int64_t tokens) {
  const int64_t dim = cache.head_dim, heads = cache.kv_heads, length = cache.length + tokens;
  cache.keys.resize(static_cast<size_t>(heads));
  cache.values.resize(static_cast<size_t>(heads));
  std::vector<float> keys(k, k + tokens * heads * dim), values(v, v + tokens * heads * dim);
  round_to_cache(cache.dtype, keys);
  round_to_cache(cache.dtype, values);
  for (int64_t h = 0; h < heads; ++h) {
    std::vector<float>& key_panels = cache.keys[static_cast<size_t>(h)];
    std::vector<float>& value_rows = cache.values[static_cast<size_t>(h)];
    key_panels.resize(static_cast<size_t>((length + kKeyPanel - 1) / kKeyPanel * kKeyPanel * dim));
    value_rows.resize(static_cast<size_t>(length * dim));
    for (int64_t t = 0; t < tokens; ++t) {
      const int64_t position = cache.length + t, from = (t * heads + h) * dim;
      float* panel = key_panels.data() + position / kKeyPanel * kKeyPanel * dim + position % kKeyPanel;
      for (int64_t d = 0; d < dim; ++d) panel[d * kKeyPanel] = keys[static_cast<size_t>(from + d)];
      std::copy_n(values.data() + from, dim, value_rows.data() + position * dim);
    }
  }
  cache.length = length;
}

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
