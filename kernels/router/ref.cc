#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/router/router.h"

namespace fp8bench {

void router_topk_ref(const RouterArgs& args) {
  std::vector<int32_t> order(static_cast<size_t>(args.experts));
  for (int64_t t = 0; t < args.tokens; ++t) {
    const float* logits = args.logits + t * args.experts;
    int32_t* index = args.index + t * args.top_k;
    if (!args.forced) {
      std::iota(order.begin(), order.end(), 0);
      const auto key = [&](int32_t id) { return std::isnan(logits[id]) ? -HUGE_VALF : logits[id]; };
      std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
        if (std::isnan(logits[a]) != std::isnan(logits[b])) return std::isnan(logits[b]);
        return key(a) > key(b);
      });
      std::copy_n(order.begin(), args.top_k, index);
    }
    double most = -HUGE_VAL, sum = 0.0;
    const int64_t terms = args.renormalise ? args.top_k : args.experts;
    const auto logit = [&](int64_t i) { return static_cast<double>(logits[args.renormalise ? index[i] : i]); };
    for (int64_t i = 0; i < terms; ++i) most = std::max(most, logit(i));
    for (int64_t i = 0; i < terms; ++i) sum += std::exp(logit(i) - most);
    for (int64_t r = 0; r < args.top_k; ++r) {
      const double scale = args.per_expert_scale == nullptr ? 1.0 : args.per_expert_scale[index[r]];
      args.weight[t * args.top_k + r] = static_cast<float>(std::exp(logits[index[r]] - most) / sum * scale);
    }
  }
}

}  // namespace fp8bench
