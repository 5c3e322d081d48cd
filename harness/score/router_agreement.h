// Do both runs send a token to the same experts? Feed observe() from a LayerObserver; layers without MoE are ignored.
// Many changes of a route are harmless, a few matter: so the weight that moved is reported, not only the count.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "harness/engine/lockstep.h"

namespace fp8bench {

struct RouterLayer {  // means over tokens; all ratios in [0, 1] unless said
  int64_t layer = 0, tokens = 0, experts = 0, top_k = 0;
  double exact_set = 0;  // share of tokens with the same set of k experts
  double jaccard = 0;    // |intersection| / |union| of the two sets
  double top1 = 0;       // share of tokens with the same best expert
  double kl = 0;         // KL(ref||cand) of the softmax over all experts' logits, nats
  double gate_l1 =
      0;  // sum over the union of |w_ref - w_cand|, an absent expert counting as 0; unit of the gate weights
  double shifted_weight = 0;  // share of the reference's gate weight that lies on experts the candidate did not choose
  double load_js = 0;         // Jensen-Shannon divergence of the two load distributions, nats
  std::vector<double> load_ref, load_cand;  // (experts) share of the tokens * top_k assignments
};

// The same figures over several layers: every token of every layer counts alike. layer = -1, loads empty.
RouterLayer mean_over_layers(std::span<const RouterLayer> layers);

class RouterAgreement {
 public:
  RouterAgreement(int64_t reference, int64_t candidate) : reference_(reference), candidate_(candidate) {}
  void observe(int64_t layer, std::span<const LayerState> runs);
  const std::vector<RouterLayer>& layers() const { return layers_; }
  const RouterLayer* worst() const;  // lowest exact_set, ties to the first; nullptr if there is no MoE layer

 private:
  int64_t reference_, candidate_;
  std::vector<RouterLayer> layers_;
};

// One layer, for callers that hold two routings. Throws CheckError if shapes differ.
RouterLayer compare_routing(int64_t layer, const Routing& reference, const Routing& candidate);

}  // namespace fp8bench
