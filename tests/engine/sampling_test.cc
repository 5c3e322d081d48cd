// Every filter against exact probabilities, and draws against the distribution they are made from.
#include "harness/engine/sampling.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace fp8bench::test {
namespace {

// Logits whose probabilities at temperature 1 are 0.4, 0.05, 0.3, 0.2, 0.05.
std::vector<float> some_logits() {
  std::vector<float> logits;
  for (const double p : {0.4, 0.05, 0.3, 0.2, 0.05}) logits.push_back(static_cast<float>(std::log(p)) + 3.0f);
  return logits;
}

// Probability of each of the five tokens.
std::vector<double> dense(const SamplingOptions& options, const std::vector<float>& logits = some_logits()) {
  std::vector<double> out(logits.size(), 0.0);
  for (const TokenProbability& t : sampling_distribution(logits, options))
    out[static_cast<size_t>(t.token)] = t.probability;
  return out;
}

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    INFO("token " << i);
    CHECK(found[i] == Approx(expected[i]).margin(1e-6));
  }
}

}  // namespace

TEST_CASE("temperature 0 is greedy, ties to the lowest id") {
  CHECK(sample_token(std::vector<float>{1, 5, 5, 2}, {}, 0, 0) == 1);
  check_close(dense({.top_k = 3, .seed = 9}), {1, 0, 0, 0, 0});
}

TEST_CASE("temperature sharpens and flattens") {
  check_close(dense({.temperature = 1}), {0.4, 0.05, 0.3, 0.2, 0.05});
  const double sum = 0.16 + 0.0025 + 0.09 + 0.04 + 0.0025;
  check_close(dense({.temperature = 0.5}), {0.16 / sum, 0.0025 / sum, 0.09 / sum, 0.04 / sum, 0.0025 / sum});
  check_close(dense({.temperature = 1e6}), {0.2, 0.2, 0.2, 0.2, 0.2});
}

TEST_CASE("a temperature near 0 leaves the best token, without overflow") {
  check_close(dense({.temperature = 1e-6}, {80, -80, 79, 0, 1}), {1, 0, 0, 0, 0});
}

TEST_CASE("top-k keeps the k largest and what ties with the last") {
  check_close(dense({.temperature = 1, .top_k = 2}), {4.0 / 7, 0, 3.0 / 7, 0, 0});
  check_close(dense({.temperature = 1, .top_k = 4}), {0.4, 0.05, 0.3, 0.2, 0.05});  // two of 0.05
  check_close(dense({.temperature = 1, .top_k = 1}), {1, 0, 0, 0, 0});
  check_close(dense({.temperature = 1, .top_k = 50}), {0.4, 0.05, 0.3, 0.2, 0.05});
}

TEST_CASE("top-p keeps the smallest set that holds the probability") {
  check_close(dense({.temperature = 1, .top_p = 0.69}), {4.0 / 7, 0, 3.0 / 7, 0, 0});
  check_close(dense({.temperature = 1, .top_p = 0.72}), {4.0 / 9, 0, 3.0 / 9, 2.0 / 9, 0});
  check_close(dense({.temperature = 1, .top_p = 1e-9}), {1, 0, 0, 0, 0});  // never nothing
  check_close(dense({.temperature = 1, .top_p = 1}), {0.4, 0.05, 0.3, 0.2, 0.05});
}

TEST_CASE("min-p keeps a fraction of the largest probability") {
  check_close(dense({.temperature = 1, .min_p = 0.45}), {4.0 / 9, 0, 3.0 / 9, 2.0 / 9, 0});
  check_close(dense({.temperature = 1, .min_p = 1}), {1, 0, 0, 0, 0});
}

TEST_CASE("the filters come in the documented order, each on what the one before left") {
  // top-k 2 leaves 4/7 and 3/7; of those 0.5 needs only the first, while of all five it would need two.
  check_close(dense({.temperature = 1, .top_k = 2, .top_p = 0.5}), {1, 0, 0, 0, 0});
  // temperature first: at 0.5 the fourth token is below 0.4 of the first, at 1 it is not.
  check_close(dense({.temperature = 0.5, .min_p = 0.4}), {0.64, 0, 0.36, 0, 0});
  check_close(dense({.temperature = 1, .min_p = 0.4}), {4.0 / 9, 0, 3.0 / 9, 2.0 / 9, 0});
}

TEST_CASE("a token without probability never comes") {
  const float none = -std::numeric_limits<float>::infinity();
  check_close(dense({.temperature = 1}, {none, 0, none, 0, none}), {0, 0.5, 0, 0.5, 0});
}

TEST_CASE("draws follow the distribution, and a seed repeats them") {
  const std::vector<float> logits = some_logits();
  for (const SamplingOptions& options :
       {SamplingOptions{.temperature = 1}, SamplingOptions{.temperature = 0.7, .top_k = 4, .top_p = 0.95},
        SamplingOptions{.temperature = 1.3, .min_p = 0.2, .seed = 77}}) {
    const std::vector<double> p = dense(options);
    constexpr int kDraws = 20000;
    std::vector<int> count(p.size(), 0);
    for (uint64_t i = 0; i < kDraws; ++i) ++count[static_cast<size_t>(sample_token(logits, options, 3, i))];
    double chi_square = 0;
    int kept = 0;
    for (size_t t = 0; t < p.size(); ++t) {
      if (p[t] == 0) {
        CHECK(count[t] == 0);
        continue;
      }
      ++kept;
      chi_square += std::pow(count[t] - kDraws * p[t], 2) / (kDraws * p[t]);
    }
    CHECK(kept > 1);
    CHECK(chi_square < 23.5);  // 4 degrees of freedom: p = 1e-4
    CHECK(sample_token(logits, options, 3, 5) == sample_token(logits, options, 3, 5));
  }
}

TEST_CASE("the random numbers are the recorded ones on every machine, and differ by seed, stream and counter") {
  CHECK(counter_uniform(1, 0, 0) != counter_uniform(2, 0, 0));
  CHECK(counter_uniform(1, 0, 0) != counter_uniform(1, 1, 0));
  CHECK(counter_uniform(1, 0, 0) != counter_uniform(1, 0, 1));
  double sum = 0, square = 0;
  for (uint64_t i = 0; i < 10000; ++i) {
    const double u = counter_uniform(42, 7, i);
    REQUIRE((u >= 0 && u < 1));
    sum += u;
    square += u * u;
  }
  CHECK(sum / 10000 == Approx(0.5).margin(0.015));
  CHECK(square / 10000 == Approx(1.0 / 3).margin(0.015));
}

TEST_CASE("options that mean nothing are refused") {
  const std::vector<float> logits = {1, 2};
  for (const SamplingOptions& bad :
       {SamplingOptions{.temperature = -1}, SamplingOptions{.temperature = std::nan("")}, SamplingOptions{.top_k = -1},
        SamplingOptions{.top_p = 0}, SamplingOptions{.top_p = 1.5}, SamplingOptions{.min_p = -0.1},
        SamplingOptions{.min_p = 2}})
    CHECK_THROWS_AS(sampling_distribution(logits, bad), std::invalid_argument);
  CHECK_THROWS_AS(sampling_distribution({}, {.temperature = 1}), std::invalid_argument);
  CHECK_THROWS_AS(sampling_distribution(std::vector<float>{1, std::nanf("")}, {.temperature = 1}),
                  std::invalid_argument);
}

}  // namespace fp8bench::test
