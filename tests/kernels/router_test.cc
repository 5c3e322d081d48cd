#include "kernels/router/router.h"

#include <algorithm>
#include <set>

#include "kernel_testing.h"

namespace fp8bench {
namespace {

using test::random_floats;

struct Routing {
  std::vector<int32_t> index;
  std::vector<float> weight;
};

Routing run(void (*kernel)(const RouterArgs&), const std::vector<float>& logits, int64_t experts, int64_t top_k,
            const float* scale = nullptr, bool renormalise = true) {
  const int64_t tokens = static_cast<int64_t>(logits.size()) / experts;
  Routing r = {std::vector<int32_t>(static_cast<size_t>(tokens * top_k), -1),
               std::vector<float>(static_cast<size_t>(tokens * top_k))};
  kernel({logits.data(), tokens, experts, top_k, scale, r.index.data(), r.weight.data(), false, renormalise});
  return r;
}

TEST_CASE("router: best first, ties to the lowest id") {
  CHECK(run(router_topk, {1, 1, 1, 0}, 4, 2).index == std::vector<int32_t>{0, 1});
  CHECK(run(router_topk, {0, 2, 2, 5, 2}, 5, 3).index == std::vector<int32_t>{3, 1, 2});
  CHECK(run(router_topk, {-0.0f, 0.0f}, 2, 2).index == std::vector<int32_t>{0, 1});  // equal zeros
  CHECK(run(router_topk, {1, 3, 2}, 3, 3).index == std::vector<int32_t>{1, 2, 0});
}

TEST_CASE("router: weights are the softmax of the chosen, then the expert's scale") {
  const std::vector<float> scale = {2.0f, 0.5f, 1.0f};
  const Routing r = run(router_topk, {0.0f, std::log(3.0f), -50.0f}, 3, 2, scale.data());
  CHECK(r.index == std::vector<int32_t>{1, 0});
  CHECK(r.weight[0] == Approx(0.375));
  CHECK(r.weight[1] == Approx(0.5));
}

TEST_CASE("router: weights that are not renormalised are parts of the softmax over all experts") {
  const Routing r = run(router_topk, {0.0f, std::log(3.0f), std::log(4.0f)}, 3, 2, nullptr, false);
  CHECK(r.index == std::vector<int32_t>{2, 1});
  CHECK(r.weight[0] == Approx(0.5));
  CHECK(r.weight[1] == Approx(0.375));
  const std::vector<float> logits = random_floats(60 * 100, 83, false);
  const Routing expected = run(router_topk_ref, logits, 60, 4, nullptr, false);
  const std::vector<float> weight = test::same_bits_everywhere([&] {
    Routing found = run(router_topk, logits, 60, 4, nullptr, false);
    REQUIRE(found.index == expected.index);
    return found.weight;
  });
  for (size_t i = 0; i < weight.size(); ++i) CHECK(std::fabs(weight[i] - expected.weight[i]) <= 1e-6f);
}

TEST_CASE("router: the full sort's choice and weights, the same bits everywhere and token by token") {
  const int64_t experts = 128, tokens = 200;
  std::vector<float> logits = random_floats(experts * tokens, 81, false);
  for (float& logit : logits) logit = std::round(logit * 8.0f) / 8.0f;  // many ties
  const std::vector<float> scale = random_floats(experts, 82, false);
  const Routing expected = run(router_topk_ref, logits, experts, 8, scale.data());
  const std::vector<float> weight = test::same_bits_everywhere([&] {
    Routing r = run(router_topk, logits, experts, 8, scale.data());
    REQUIRE(r.index == expected.index);
    return r.weight;
  });
  for (size_t i = 0; i < weight.size(); ++i) CHECK(std::fabs(weight[i] - expected.weight[i]) <= 1e-6f);
  std::vector<float> single;
  for (int64_t t = 0; t < tokens; ++t) {
    const std::vector<float> one(logits.begin() + t * experts, logits.begin() + (t + 1) * experts);
    for (const float w : run(router_topk, one, experts, 8, scale.data()).weight) single.push_back(w);
  }
  CHECK(test::count_different(weight, single) == 0);
}

TEST_CASE("router: a forced routing keeps its ids and weighs this run's logits") {
  const std::vector<float> logits = {0.0f, 1.0f, 2.0f, 3.0f};
  std::vector<int32_t> index = {0, 3};
  std::vector<float> weight(2), exact(2);
  router_topk({logits.data(), 1, 4, 2, nullptr, index.data(), weight.data(), true});
  CHECK(index == std::vector<int32_t>{0, 3});
  CHECK(weight[0] + weight[1] == Approx(1.0));
  CHECK(weight[1] / weight[0] == Approx(std::exp(3.0)));
}

TEST_CASE("router: NaN comes last and never breaks the choice") {
  const Routing r = run(router_topk, {NAN, 1.0f, NAN, -INFINITY}, 4, 3);
  CHECK(r.index == std::vector<int32_t>{1, 3, 0});
  for (const int64_t count : {1, 4}) {
    const Routing all = run(router_topk, std::vector<float>(4, NAN), 4, count);
    CHECK(std::set<int32_t>(all.index.begin(), all.index.end()).size() == static_cast<size_t>(count));
  }
  const Routing reference = run(router_topk_ref, {NAN, 1.0f, NAN, -INFINITY}, 4, 3);
  CHECK(reference.index == r.index);
}

}  // namespace
}  // namespace fp8bench
