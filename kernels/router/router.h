// Top-k routing: indices by (logit descending, id ascending); weights = softmax over the k chosen logits (equal to
// softmax over all, top-k, renormalised), then times per_expert_scale (after the renormalisation: they need not sum to
// 1). Canonical: exact maximum, exp and sum in rank order, one true division each. Not renormalised, the softmax is
// that over all experts, its sum in the order of their ids.
#pragma once
#include <cstdint>

namespace fp8bench {

struct RouterArgs {
  const float* logits = nullptr;  // (tokens, experts)
  int64_t tokens = 0, experts = 0, top_k = 0;
  const float* per_expert_scale = nullptr;  // (experts) or null
  int32_t* index = nullptr;                 // (tokens, top_k), best first
  float* weight = nullptr;                  // (tokens, top_k)
  bool forced = false;                      // index is input: weights of a routing taken from another run
  bool renormalise = true;                  // false: softmax over all experts, the k weights as they are
};

void router_topk(const RouterArgs& args);
void router_topk_ref(const RouterArgs& args);  // full sort, double

}  // namespace fp8bench
