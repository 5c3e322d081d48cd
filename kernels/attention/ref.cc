#include <algorithm>
#include <cmath>

#include "kernels/attention/attention.h"

namespace fp8bench {
namespace {

void attend(const AttentionArgs& args, int64_t token, int64_t head) {
  const KvCacheLayer& cache = *args.cache;
  const int64_t dim = cache.head_dim, position = args.first + token;
  const int64_t kv_head = head / (args.heads / cache.kv_heads);
  const float* q = args.q + (token * args.heads + head) * dim;
  const int64_t low = args.window == 0 ? 0 : std::max<int64_t>(0, position - args.window + 1);
  std::vector<double> p;
  for (int64_t j = low; j <= position; ++j) {
    double dot = 0.0;
    for (int64_t d = 0; d < dim; ++d) dot += static_cast<double>(q[d]) * kv_key(cache, kv_head, j, d);
    p.push_back(dot * args.scale);
  }
  const double most = *std::max_element(p.begin(), p.end());
  double sum = 0.0;
  for (double& value : p) sum += value = std::exp(value - most);
  for (int64_t d = 0; d < dim; ++d) {
    double o = 0.0;
    for (int64_t j = low; j <= position; ++j) o += p[static_cast<size_t>(j - low)] * kv_value(cache, kv_head, j, d);
    args.out[(token * args.heads + head) * dim + d] = static_cast<float>(o / sum);
  }
}

}  // namespace

void attention_ref(const AttentionArgs& args) {
  for (int64_t token = 0; token < args.tokens; ++token) {
    for (int64_t head = 0; head < args.heads; ++head) attend(args, token, head);
  }
}

}  // namespace fp8bench
