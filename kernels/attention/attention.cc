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

void round_to_cache(KvDType dtype, float* x, int64_t count) {
  if (dtype == KvDType::kBF16) round_buffer_bf16(x, count);
  if (dtype == KvDType::kF8E4M3) round_buffer_e4m3(x, count);
}

// Room for `count` elements; a first append leaves some for the tokens of a decode, later ones double as vectors do.
void grow(std::vector<float>& x, int64_t count, int64_t slack) {
  if (x.empty()) x.reserve(static_cast<size_t>(count + slack));
  x.resize(static_cast<size_t>(count));
}

// Tokens of one head, in panels of 16 positions: rounded as rows, then written transposed.
void append_keys(const KvCacheLayer& cache, const float* k, int64_t stride, int64_t tokens, float* panels) {
  const int64_t dim = cache.head_dim;
  std::vector<float> rows(static_cast<size_t>(std::min(tokens, kKeyPanel) * dim));
  for (int64_t t = 0; t < tokens;) {
    const int64_t position = cache.length + t, at = position % kKeyPanel, count = std::min(tokens - t, kKeyPanel - at);
    for (int64_t i = 0; i < count; ++i) std::copy_n(k + (t + i) * stride, dim, rows.data() + i * dim);
    round_to_cache(cache.dtype, rows.data(), count * dim);
    float* panel = panels + (position - at) * dim + at;
    for (int64_t d = 0; d < dim; ++d) {
      for (int64_t i = 0; i < count; ++i) panel[d * kKeyPanel + i] = rows[static_cast<size_t>(i * dim + d)];
    }
    t += count;
  }
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

void kv_fork(const KvCacheLayer& from, int64_t length, int64_t extra, KvCacheLayer& to) {
  const auto panels = [](int64_t positions) { return (positions + kKeyPanel - 1) / kKeyPanel * kKeyPanel; };
  const auto copy = [&](const std::vector<float>& source, int64_t count, int64_t room, std::vector<float>& target) {
    target.clear();
    target.reserve(static_cast<size_t>(room));
    target.assign(source.begin(), source.begin() + count);
  };
  to.dtype = from.dtype;
  to.kv_heads = from.kv_heads;
  to.head_dim = from.head_dim;
  to.length = length;
  to.keys.resize(from.keys.size());
  to.values.resize(from.values.size());
  for (size_t h = 0; h < from.keys.size(); ++h) {
    copy(from.keys[h], panels(length) * from.head_dim, panels(length + extra) * from.head_dim, to.keys[h]);
    copy(from.values[h], length * from.head_dim, (length + extra) * from.head_dim, to.values[h]);
  }
}

void kv_append(KvCacheLayer& cache, const float* k, const float* v, int64_t tokens) {
  constexpr int64_t kSlack = 128, kMinElements = 1 << 15;
  const int64_t dim = cache.head_dim, heads = cache.kv_heads, length = cache.length + tokens;
  cache.keys.resize(static_cast<size_t>(heads));
  cache.values.resize(static_cast<size_t>(heads));
  const int64_t elements = std::max<int64_t>(1, tokens * dim);
  parallel_for(heads, (kMinElements + elements - 1) / elements, [&](int64_t begin, int64_t end) {
    for (int64_t h = begin; h < end; ++h) {
      std::vector<float>& keys = cache.keys[static_cast<size_t>(h)];
      std::vector<float>& values = cache.values[static_cast<size_t>(h)];
      grow(keys, (length + kKeyPanel - 1) / kKeyPanel * kKeyPanel * dim, kSlack * dim);
      grow(values, length * dim, kSlack * dim);
      append_keys(cache, k + h * dim, heads * dim, tokens, keys.data());
      float* rows = values.data() + cache.length * dim;
      for (int64_t t = 0; t < tokens; ++t) std::copy_n(v + (t * heads + h) * dim, dim, rows + t * dim);
      round_to_cache(cache.dtype, rows, tokens * dim);
    }
  });
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
