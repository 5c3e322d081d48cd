#include "kernels/router/router.h"

#include <algorithm>

#include "kernels/canonical_math.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

// Strictly better: larger logit, or the same and a lower id. NaN is worse than every number, so k experts always come
// out.
bool better(float a, int32_t a_id, float b, int32_t b_id) {
  const bool a_nan = a != a, b_nan = b != b;
  if (a_nan || b_nan) return a_nan == b_nan ? a_id < b_id : b_nan;
  return a > b || (a == b && a_id < b_id);
}

// The top k of one token, best first, by insertion: k is small.
void select(const float* logits, int64_t experts, int64_t top_k, int32_t* index) {
  int64_t count = 0;
  for (int32_t id = 0; id < experts; ++id) {
    if (count == top_k && !better(logits[id], id, logits[index[count - 1]], index[count - 1])) continue;
    int64_t at = count < top_k ? count++ : count - 1;
    for (; at > 0 && better(logits[id], id, logits[index[at - 1]], index[at - 1]); --at) index[at] = index[at - 1];
    index[at] = id;
  }
}

// The whole softmax: what the k weights are a part of when they are not divided by their sum.
void weigh_among_all(const RouterArgs& args, const float* logits, const int32_t* index, float* weight) {
  const float most = *std::max_element(logits, logits + args.experts);
  float sum = 0.0f;
  for (int64_t e = 0; e < args.experts; ++e) sum += canonical_exp(logits[e] - most);
  for (int64_t r = 0; r < args.top_k; ++r) weight[r] = canonical_exp(logits[index[r]] - most) / sum;
}

void weigh_among_chosen(const RouterArgs& args, const float* logits, const int32_t* index, float* weight) {
  float most = logits[index[0]];  // a forced routing need not be in this run's order
  for (int64_t r = 1; r < args.top_k; ++r) most = std::max(most, logits[index[r]]);
  float sum = 0.0f;
  for (int64_t r = 0; r < args.top_k; ++r) {
    weight[r] = canonical_exp(logits[index[r]] - most);
    sum += weight[r];
  }
  for (int64_t r = 0; r < args.top_k; ++r) weight[r] /= sum;
}

void weigh(const RouterArgs& args, const float* logits, const int32_t* index, float* weight) {
  args.renormalise ? weigh_among_chosen(args, logits, index, weight) : weigh_among_all(args, logits, index, weight);
  if (args.per_expert_scale == nullptr) return;
  for (int64_t r = 0; r < args.top_k; ++r) weight[r] *= args.per_expert_scale[index[r]];
}

}  // namespace

void router_topk(const RouterArgs& args) {
  if (args.top_k == 0) return;
  const int64_t cost = std::max<int64_t>(1, 4 * args.experts + 32 * args.top_k);
  parallel_for(args.tokens, (1 << 15) / cost + 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const float* logits = args.logits + t * args.experts;
      int32_t* index = args.index + t * args.top_k;
      if (!args.forced) select(logits, args.experts, args.top_k, index);
      weigh(args, logits, index, args.weight + t * args.top_k);
    }
  });
}

}  // namespace fp8bench
