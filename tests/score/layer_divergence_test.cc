#include "harness/score/layer_divergence.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "harness/io/error.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr int64_t kHidden = 16, kTokens = 200;

std::vector<float> states() {
  std::vector<float> out;
  for (int64_t i = 0; i < kHidden * kTokens; ++i) out.push_back(std::sin(static_cast<float>(i) * 1.3f) + 0.1f);
  return out;
}

void observe(LayerDivergence& layers, int64_t layer, const std::vector<float>& ref, const std::vector<float>& cand) {
  const LayerState runs[] = {{ref, nullptr}, {cand, nullptr}};
  layers.observe(layer, runs, kHidden);
}

TEST_CASE("identical states are identical, a state scaled by 1.01 has 40 dB and cosine 1") {
  const auto ref = states();
  auto scaled = ref;
  for (float& x : scaled) x *= 1.01f;
  LayerDivergence layers(0, 1);
  observe(layers, 0, ref, ref);
  observe(layers, 1, ref, scaled);
  CHECK(layers.layers()[0].identical);
  CHECK(layers.layers()[0].sqnr_db == kIdenticalDb);
  CHECK(layers.layers()[0].cosine == 1);
  CHECK(layers.layers()[1].sqnr_db == Approx(40).margin(1e-3));
  CHECK(layers.layers()[1].relative_error == Approx(0.01).epsilon(1e-4));
  CHECK(layers.layers()[1].cosine == Approx(1).margin(1e-12));
  CHECK_FALSE(layers.layers()[1].identical);
  CHECK(layers.worst()->layer == 1);
}

TEST_CASE("an opposite state has cosine -1, a zeroed one 0 dB and cosine 0") {
  const auto ref = states();
  auto opposite = ref;
  for (float& x : opposite) x = -x;
  LayerDivergence layers(0, 1);
  observe(layers, 0, ref, opposite);
  observe(layers, 1, ref, std::vector<float>(ref.size(), 0.0f));
  CHECK(layers.layers()[0].cosine == Approx(-1));
  CHECK(layers.layers()[0].sqnr_db == Approx(-20 * std::log10(2.0)));
  CHECK(layers.layers()[1].sqnr_db == Approx(0).margin(1e-12));
  CHECK(layers.layers()[1].cosine == 0);
}

TEST_CASE(
    "one broken token is seen in the worst token's cosine, the layer where the error enters in the largest drop") {
  const auto ref = states();
  const auto noisy = [&](float size) {
    auto out = ref;
    for (size_t i = 0; i < out.size(); ++i) out[i] += size * std::sin(static_cast<float>(i) * 5.1f);
    return out;
  };
  auto broken = noisy(0.001f);
  for (int64_t h = 0; h < kHidden; ++h) broken[static_cast<size_t>(77 * kHidden + h)] *= -1;
  LayerDivergence layers(0, 1);
  observe(layers, 0, ref, noisy(0.0010f));
  observe(layers, 1, ref, noisy(0.0012f));
  observe(layers, 2, ref, noisy(0.0500f));  // enters here
  observe(layers, 3, ref, noisy(0.0700f));  // and grows here
  CHECK(layers.largest_drop()->layer == 2);
  CHECK(layers.worst()->layer == 3);
  observe(layers, 4, ref, broken);
  CHECK(layers.layers()[4].min_token_cosine == Approx(-1).margin(1e-3));
  CHECK(layers.layers()[3].min_token_cosine > 0.9);
}

TEST_CASE("threads change no bit, shapes and NaN are refused") {
  const auto ref = states();
  auto cand = ref;
  for (size_t i = 0; i < cand.size(); ++i) cand[i] += 0.01f * std::cos(static_cast<float>(i));
  LayerDivergence one(0, 1), two(0, 1);
  set_threads(1);
  observe(one, 0, ref, cand);
  set_threads(2);
  observe(two, 0, ref, cand);
  CHECK(one.layers()[0].sqnr_db == two.layers()[0].sqnr_db);
  CHECK(one.layers()[0].cosine == two.layers()[0].cosine);
  CHECK_THROWS_AS(observe(one, 1, ref, std::vector<float>(3)), CheckError);
  cand[40] = std::nanf("");
  CHECK_THROWS_AS(observe(one, 1, ref, cand), CheckError);
  CHECK(LayerDivergence(0, 1).worst() == nullptr);
  CHECK(LayerDivergence(0, 1).largest_drop() == nullptr);
}

}  // namespace
}  // namespace fp8bench
