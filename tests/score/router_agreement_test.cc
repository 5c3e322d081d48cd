#include "harness/score/router_agreement.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

// Two tokens, five experts, top two.
Routing routing() {
  Routing out;
  out.experts = 5;
  out.top_k = 2;
  out.logits = {3, 2, 0, 0, 0, 0, 0, 1, 0, 2};
  out.index = {0, 1, 4, 2};
  out.weight = {0.75f, 0.25f, 0.6f, 0.4f};
  return out;
}

TEST_CASE("the same routing agrees in everything") {
  const RouterLayer r = compare_routing(3, routing(), routing());
  CHECK(r.layer == 3);
  CHECK(r.tokens == 2);
  CHECK(r.exact_set == 1);
  CHECK(r.jaccard == 1);
  CHECK(r.top1 == 1);
  CHECK(r.kl == 0);
  CHECK(r.gate_l1 == 0);
  CHECK(r.shifted_weight == 0);
  CHECK(r.load_js == 0);
  CHECK(r.load_ref == std::vector<double>{0.25, 0.25, 0.25, 0, 0.25});
}

TEST_CASE("one expert of one token exchanged: every figure by hand") {
  Routing other = routing();
  other.index[1] = 3;  // token 0: {0, 3} instead of {0, 1}
  other.weight[1] = 0.20f;
  other.weight[0] = 0.80f;
  const RouterLayer r = compare_routing(0, routing(), other);
  CHECK(r.exact_set == 0.5);
  CHECK(r.jaccard == Approx((1.0 / 3 + 1) / 2));
  CHECK(r.top1 == 1);
  CHECK(r.kl == 0);  // the logits are the same
  CHECK(r.gate_l1 == Approx((0.05 + 0.25 + 0.20) / 2));
  CHECK(r.shifted_weight == Approx(0.25 / 2));
  CHECK(r.load_cand == std::vector<double>{0.25, 0, 0.25, 0.25, 0.25});
  CHECK(r.load_js == Approx(0.25 * std::log(2.0)));  // a quarter of the load moved to an expert that had none
}

TEST_CASE("the order of experts counts for top-1 only") {
  Routing other = routing();
  std::swap(other.index[2], other.index[3]);
  std::swap(other.weight[2], other.weight[3]);
  const RouterLayer r = compare_routing(0, routing(), other);
  CHECK(r.exact_set == 1);
  CHECK(r.top1 == 0.5);
  CHECK(r.gate_l1 == 0);
}

TEST_CASE("a router whose logits moved has the KL of the softmax over all experts") {
  Routing other = routing();
  other.logits[0] += std::log(2.0f);
  const double z = std::exp(3.0) + std::exp(2.0) + 3, moved = z + std::exp(3.0);
  const RouterLayer r = compare_routing(0, routing(), other);
  const double p0 = std::exp(3.0) / z;
  CHECK(r.kl == Approx((std::log(moved / z) - p0 * std::log(2.0)) / 2).epsilon(1e-6));
  CHECK(r.exact_set == 1);
}

TEST_CASE("layers without experts are skipped, the worst layer and the mean are found") {
  Routing changed = routing();
  changed.index = {2, 3, 4, 2};
  const Routing same = routing(), none;
  RouterAgreement agreement(0, 1);
  const auto observe = [&](int64_t layer, const Routing& ref, const Routing& cand) {
    const LayerState runs[] = {{{}, &ref}, {{}, &cand}};
    agreement.observe(layer, runs);
  };
  CHECK(agreement.worst() == nullptr);
  observe(0, none, none);
  observe(1, same, same);
  observe(2, same, changed);
  const LayerState dense[] = {{{}, nullptr}, {{}, nullptr}};
  agreement.observe(3, dense);
  REQUIRE(agreement.layers().size() == 2);
  CHECK(agreement.worst()->layer == 2);
  const RouterLayer mean = mean_over_layers(agreement.layers());
  CHECK(mean.tokens == 4);
  CHECK(mean.exact_set == 0.75);
  CHECK(mean.shifted_weight == Approx(0.25));
}

TEST_CASE("routings of other shapes are refused") {
  Routing other = routing();
  other.index.pop_back();
  CHECK_THROWS_AS(compare_routing(0, routing(), other), CheckError);
  other = routing();
  other.index[0] = 5;
  CHECK_THROWS_AS(compare_routing(0, routing(), other), CheckError);
  other = routing();
  other.experts = 4;
  CHECK_THROWS_AS(compare_routing(0, routing(), other), CheckError);
}

}  // namespace
}  // namespace fp8bench
