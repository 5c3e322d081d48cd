#include "harness/score/token_divergence.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "harness/io/error.h"
#include "tests/score/statistics_golden.h"

namespace fp8bench {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

TokenDivergence of_probabilities(const std::vector<double>& p, const std::vector<double>& q, int32_t gold = kNoToken) {
  WordDistribution a, b;
  std::vector<double> log_p, log_q;
  for (const double x : p) log_p.push_back(std::log(x));
  for (const double x : q) log_q.push_back(std::log(x));
  set_from_logits(std::span<const double>(log_p), a);
  set_from_logits(std::span<const double>(log_q), b);
  return token_divergence(a, b, gold);
}

TEST_CASE("two-point distributions have the divergences of their closed form") {
  const TokenDivergence d = of_probabilities({0.5, 0.5}, {0.25, 0.75}, 0);
  CHECK(d.kld == Approx(0.5 * std::log(4.0 / 3)).epsilon(1e-14));
  CHECK(d.reverse_kld == Approx(0.25 * std::log(0.5) + 0.75 * std::log(1.5)).epsilon(1e-14));
  const double js = 0.5 * (0.5 * std::log(0.5 / 0.375) + 0.5 * std::log(0.5 / 0.625) + 0.25 * std::log(0.25 / 0.375) +
                           0.75 * std::log(0.75 / 0.625));
  CHECK(d.js == Approx(js).epsilon(1e-13));
  CHECK(d.nll_ref == Approx(std::log(2.0)));
  CHECK(d.nll_cand == Approx(std::log(4.0)));
  CHECK(d.delta_p() == Approx(-0.25));
  CHECK(d.ref_confidence == Approx(0.5));
}

TEST_CASE("equal logits give exactly zero, whatever they are") {
  std::vector<float> logits;
  for (int i = 0; i < 1537; ++i) logits.push_back(static_cast<float>(30 * std::tanh(0.37 * (i % 97) - 0.011 * i)));
  const TokenDivergence d = token_divergence(logits, logits, 5);
  CHECK(d.kld == 0);
  CHECK(d.reverse_kld == 0);
  CHECK(d.js == 0);
  CHECK(d.kld_llamacpp == 0);
  CHECK(d.delta_p() == 0);
  CHECK(d.nll_cand - d.nll_ref == 0);
  CHECK(d.top1_equal());
  CHECK(d.top5_overlap == kTopWords);
}

TEST_CASE("uniform against peaked: closed form over many words, softcapped logits") {
  // q has one word at the softcap of 30 and the rest at 0: q_peak = e^30 / (e^30 + V - 1).
  const int words = 4096;
  std::vector<float> uniform(words, -7.5f), peaked(words, 0.0f);
  peaked[77] = 30.0f;
  const double log_sum = 30 + std::log1p((words - 1) * std::exp(-30.0));
  const double rest = std::exp(-log_sum), peak = std::exp(30 - log_sum);
  const TokenDivergence d = token_divergence(uniform, peaked, 77);
  const double kl = -std::log(double{words}) - ((30 - log_sum) + (words - 1) * (-log_sum)) / words;
  CHECK(d.kld == Approx(kl).epsilon(1e-13));
  CHECK(d.reverse_kld == Approx(peak * (30 - log_sum) + (words - 1) * rest * -log_sum + std::log(double{words})));
  CHECK(d.top1_ref == 0);  // all equal: the lowest id
  CHECK(d.top1_cand == 77);
  CHECK(d.top5_overlap == 4);                               // 0..4 against 77, 0, 1, 2, 3
  CHECK(d.nll_cand == Approx(log_sum - 30).margin(1e-12));  // 4096 terms summed after a 1
}

TEST_CASE("disjoint distributions: infinite KL, Jensen-Shannon of ln 2") {
  const std::vector<float> a = {0, kMinusInfinity}, b = {kMinusInfinity, 0};
  const TokenDivergence d = token_divergence(a, b, kNoToken);
  CHECK(std::isinf(d.kld));
  CHECK(std::isinf(d.reverse_kld));
  CHECK(d.js == Approx(std::log(2.0)).epsilon(1e-15));
}

TEST_CASE("llama.cpp's sum leaves words below e^-16 out") {
  const std::vector<float> a = {0, -15.9f, -16.1f}, b = {0, -12.0f, -3.0f};
  const TokenDivergence d = token_divergence(a, b, 0);
  WordDistribution p, q;
  set_from_logits(std::span<const float>(a), p);
  set_from_logits(std::span<const float>(b), q);
  CHECK(d.kld_llamacpp == p.p[0] * (p.logp[0] - q.logp[0]) + p.p[1] * (p.logp[1] - q.logp[1]));
  CHECK(d.kld < d.kld_llamacpp);  // the dropped word has p < q: its term is negative
}

TEST_CASE("Jensen-Shannon is symmetric bit for bit and the two KLs swap") {
  std::vector<float> a, b;
  for (int i = 0; i < 300; ++i) {
    a.push_back(static_cast<float>(std::sin(i * 1.7) * 9));
    b.push_back(static_cast<float>(std::sin(i * 1.7 + 0.1) * 9));
  }
  const TokenDivergence ab = token_divergence(a, b, 3), ba = token_divergence(b, a, 3);
  CHECK(ab.js == ba.js);
  CHECK(ab.kld == ba.reverse_kld);
  CHECK(ab.delta_p() == -ba.delta_p());
}

TEST_CASE("ties go to the lowest id, in front and inside the top five") {
  WordDistribution p;
  const std::vector<float> logits = {1, 3, 2, 3, 2, 2, 0};
  set_from_logits(std::span<const float>(logits), p);
  CHECK(p.top == std::array<int32_t, kTopWords>{1, 3, 2, 4, 5});
  const std::vector<float> three = {1, 3, 2};
  set_from_logits(std::span<const float>(three), p);
  CHECK(p.top == std::array<int32_t, kTopWords>{1, 2, 0, kNoToken, kNoToken});
  CHECK(token_divergence(three, three, 0).top5_overlap == 3);
}

TEST_CASE("a logit that is not a number is refused by word, never argmaxed away") {
  std::vector<float> good = {1, 2, 3}, bad = {1, std::nanf(""), 3};
  CHECK_THROWS_WITH(token_divergence(good, bad, 0), Catch::Contains("logit of word 1") && Catch::Contains("nan"));
  bad[1] = -kMinusInfinity;
  CHECK_THROWS_WITH(token_divergence(bad, good, 0), Catch::Contains("found inf"));
  CHECK_THROWS_AS(token_divergence(good, std::vector<float>{1, 2}, 0), CheckError);
  CHECK_THROWS_AS(token_divergence(good, good, 3), CheckError);
  const std::vector<float> none = {kMinusInfinity, kMinusInfinity};
  CHECK_THROWS_AS(token_divergence(none, none, 0), CheckError);
}

TEST_CASE("golden divergences in 50 digits") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  for (const auto& one : test::golden_cases(path, "divergences")) {
    INFO(one["name"]);
    std::vector<double> p, q;
    for (const auto& x : one["logits_p"]) p.push_back(test::golden_number(x));
    for (const auto& x : one["logits_q"]) q.push_back(test::golden_number(x));
    WordDistribution a, b;
    set_from_logits(std::span<const double>(p), a);
    set_from_logits(std::span<const double>(q), b);
    const TokenDivergence d = token_divergence(a, b, kNoToken);
    CHECK(test::near_relative(d.kld, test::golden_number(one["kl_pq"]), 1e-10, 1e-14));
    CHECK(test::near_relative(d.reverse_kld, test::golden_number(one["kl_qp"]), 1e-10, 1e-14));
    CHECK(test::near_relative(d.js, test::golden_number(one["js"]), 1e-10, 1e-14));
    CHECK(test::near_relative(d.kld_llamacpp, test::golden_number(one["kl_pq_llamacpp_cut16"]), 1e-10, 1e-14));
  }
}

TEST_CASE("predict_word has the bits of the whole distribution") {
  uint32_t state = 1;
  for (const size_t words : {1, 2, 17, 1024, 1025, 5000}) {
    std::vector<float> logits(words);
    for (float& x : logits) x = static_cast<float>((state = state * 1664525u + 1013904223u) >> 20) / 100.0f - 20.0f;
    if (words > 20) logits[words - 3] = logits[5] = 77.0f, logits[7] = kMinusInfinity;
    WordDistribution whole;
    set_from_logits(std::span<const float>(logits), whole);
    const WordPrediction prediction = predict_word(logits);
    CHECK(prediction.argmax == whole.top[0]);
    for (size_t i = 0; i < words; ++i) CHECK(prediction.log_probability(logits[i]) == whole.logp[i]);
  }
  // In float32 it differs by rounding only, and upwards where many small words are lost beside a large sum.
  std::vector<float> many(200000, -11.0f);
  many[0] = 0.0f;
  const WordPrediction exact = predict_word(many), rounded = predict_word_float32(many);
  CHECK(exact.log_probability(many[0]) == Approx(-std::log1p(199999 * std::exp(-11.0))).epsilon(1e-9));
  CHECK(log_probability_float32(rounded, many[0]) == Approx(exact.log_probability(many[0])).margin(1e-2));
  CHECK(log_probability_float32(rounded, many[0]) != exact.log_probability(many[0]));
  CHECK(rounded.argmax == exact.argmax);
  CHECK_THROWS_AS(predict_word_float32(std::vector<float>{1, std::nanf("")}), CheckError);
  const float bad = GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity());
  CHECK_THROWS_AS(predict_word(std::vector<float>{1, bad, 2}), CheckError);
  CHECK_THROWS_AS(predict_word(std::vector<float>{kMinusInfinity, kMinusInfinity}), CheckError);
  CHECK_THROWS_AS(predict_word({}), CheckError);
}

}  // namespace
}  // namespace fp8bench
