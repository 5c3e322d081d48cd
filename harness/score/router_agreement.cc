#include "harness/score/router_agreement.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "harness/io/error.h"
#include "harness/score/token_divergence.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

void check_routing(int64_t layer, const Routing& r, const char* name, int64_t tokens, int64_t experts, int64_t top_k) {
  const auto size = [](const auto& v) { return static_cast<int64_t>(v.size()); };
  bool good = r.experts == experts && r.top_k == top_k && size(r.logits) == tokens * experts &&
              size(r.index) == tokens * top_k && size(r.weight) == tokens * top_k;
  for (const int32_t e : r.index) good = good && e >= 0 && e < experts;
  if (!good) {
    throw CheckError(
        fmt::format("layer {}: routing of the {}: expected {} tokens, {} of {} experts, found {} logits, {} "
                    "choices, {} weights",
                    layer, name, tokens, top_k, experts, r.logits.size(), r.index.size(), r.weight.size()));
  }
}

// Gate weights of one token laid out over all experts; absent experts are 0.
struct Gates {
  std::vector<double> weight;
  std::vector<bool> chosen;
  void set(const Routing& routing, int64_t token) {
    weight.assign(static_cast<size_t>(routing.experts), 0.0);
    chosen.assign(static_cast<size_t>(routing.experts), false);
    for (int64_t j = token * routing.top_k; j < (token + 1) * routing.top_k; ++j) {
      weight[routing.index[j]] += routing.weight[j];
      chosen[routing.index[j]] = true;
    }
  }
};

// Adds one token's figures to the sums in out.
void add_token(const Gates& ref, const Gates& cand, RouterLayer& out) {
  double shared = 0, any = 0, l1 = 0, lost = 0, weight = 0;
  for (size_t e = 0; e < ref.weight.size(); ++e) {
    shared += ref.chosen[e] && cand.chosen[e];
    any += ref.chosen[e] || cand.chosen[e];
    l1 += std::fabs(ref.weight[e] - cand.weight[e]);
    weight += std::fabs(ref.weight[e]);
    if (ref.chosen[e] && !cand.chosen[e]) lost += std::fabs(ref.weight[e]);
  }
  out.exact_set += shared == any;
  out.jaccard += shared / any;
  out.gate_l1 += l1;
  out.shifted_weight += weight > 0 ? lost / weight : 0;
}

std::vector<double> load_of(const Routing& routing) {
  std::vector<double> load(static_cast<size_t>(routing.experts), 0.0);
  for (const int32_t e : routing.index) load[e] += 1;
  for (double& share : load) share /= static_cast<double>(std::max<size_t>(routing.index.size(), 1));
  return load;
}

// The two loads as distributions over experts: their logarithms are logits. An expert without load has probability 0.
double load_divergence(std::vector<double> ref, std::vector<double> cand) {
  WordDistribution p, q;
  for (std::vector<double>* load : {&ref, &cand}) {
    for (double& share : *load) share = share > 0 ? canonical_log(share) : -HUGE_VAL;
  }
  set_from_logits(std::span<const double>(ref), p);
  set_from_logits(std::span<const double>(cand), q);
  return token_divergence(p, q, kNoToken).js;
}

}  // namespace

RouterLayer compare_routing(int64_t layer, const Routing& reference, const Routing& candidate) {
  RouterLayer out;
  out.layer = layer;
  out.experts = reference.experts;
  out.top_k = reference.top_k;
  out.tokens = out.top_k > 0 ? static_cast<int64_t>(reference.index.size()) / out.top_k : 0;
  check_routing(layer, reference, "reference", out.tokens, out.experts, out.top_k);
  check_routing(layer, candidate, "candidate", out.tokens, out.experts, out.top_k);
  if (out.tokens == 0) throw CheckError(fmt::format("layer {}: routing without tokens", layer));
  Gates ref, cand;
  WordDistribution p, q;
  const auto row = [&](const Routing& r, int64_t t) {
    return std::span(r.logits).subspan(static_cast<size_t>(t * out.experts), static_cast<size_t>(out.experts));
  };
  for (int64_t t = 0; t < out.tokens; ++t) {
    ref.set(reference, t);
    cand.set(candidate, t);
    add_token(ref, cand, out);
    out.top1 += reference.index[t * out.top_k] == candidate.index[t * out.top_k];
    set_from_logits(row(reference, t), p);
    set_from_logits(row(candidate, t), q);
    out.kl += token_divergence(p, q, kNoToken).kld;
  }
  for (double* sum : {&out.exact_set, &out.jaccard, &out.top1, &out.kl, &out.gate_l1, &out.shifted_weight}) {
    *sum /= static_cast<double>(out.tokens);
  }
  out.load_ref = load_of(reference);
  out.load_cand = load_of(candidate);
  out.load_js = load_divergence(out.load_ref, out.load_cand);
  return out;
}

RouterLayer mean_over_layers(std::span<const RouterLayer> layers) {
  RouterLayer out;
  out.layer = -1;
  for (const RouterLayer& layer : layers) {
    const double tokens = static_cast<double>(layer.tokens);
    out.tokens += layer.tokens;
    out.experts = layer.experts;
    out.top_k = layer.top_k;
    out.exact_set += tokens * layer.exact_set;
    out.jaccard += tokens * layer.jaccard;
    out.top1 += tokens * layer.top1;
    out.kl += tokens * layer.kl;
    out.gate_l1 += tokens * layer.gate_l1;
    out.shifted_weight += tokens * layer.shifted_weight;
    out.load_js += tokens * layer.load_js;
  }
  if (out.tokens == 0) return out;
  for (double* sum :
       {&out.exact_set, &out.jaccard, &out.top1, &out.kl, &out.gate_l1, &out.shifted_weight, &out.load_js}) {
    *sum /= static_cast<double>(out.tokens);
  }
  return out;
}

void RouterAgreement::observe(int64_t layer, std::span<const LayerState> runs) {
  const Routing* ref = runs[reference_].routing;
  const Routing* cand = runs[candidate_].routing;
  if (ref == nullptr || cand == nullptr || ref->experts == 0 || cand->experts == 0) return;
  layers_.push_back(compare_routing(layer, *ref, *cand));
}

const RouterLayer* RouterAgreement::worst() const {
  const auto found = std::min_element(layers_.begin(), layers_.end(),
                                      [](const auto& a, const auto& b) { return a.exact_set < b.exact_set; });
  return found == layers_.end() ? nullptr : &*found;
}

}  // namespace fp8bench
