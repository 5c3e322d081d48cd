#include "harness/score/divergence_summary.h"

#include <cmath>

#include "harness/io/error.h"
#include "tests/score/statistics_golden.h"

namespace fp8bench {
namespace {

TokenDivergence token(double kld, double nll_ref, double nll_cand, int32_t document = 0, int32_t position = 0) {
  TokenDivergence out;
  out.kld = out.kld_llamacpp = kld;
  out.nll_ref = nll_ref;
  out.nll_cand = nll_cand;
  out.p_ref_gold = std::exp(-nll_ref);
  out.p_cand_gold = std::exp(-nll_cand);
  out.top1_ref = out.top1_cand = 1;
  out.gold = 0;
  out.document = document;
  out.position = position;
  return out;
}

TEST_CASE("a run against itself: every difference and its uncertainty is exactly zero") {
  std::vector<TokenDivergence> tokens;
  for (int i = 0; i < 50; ++i) tokens.push_back(token(0, 0.1 * i + 0.3, 0.1 * i + 0.3, i / 10));
  const DivergenceSummary s = summarize(tokens);
  CHECK(s.documents == 5);
  CHECK(s.kld.mean.value == 0);
  CHECK(s.kld.mean.uncertainty == 0);
  CHECK(s.kld_interval.low == 0);
  CHECK(s.kld_interval.high == 0);
  CHECK(s.ln_ratio.value == 0);
  CHECK(s.ln_ratio.uncertainty == 0);
  CHECK(s.ratio.value == 1);
  CHECK(s.difference.value == 0);
  CHECK(s.difference.uncertainty == 0);
  CHECK(s.correlation == Approx(1).epsilon(1e-14));
  CHECK(s.rms_delta_p.value == 0);
  CHECK(s.rms_delta_p.uncertainty == 0);
  CHECK(s.same_top.value == 1);
  CHECK(s.same_top_interval.low == 1);
}

TEST_CASE("perplexity of a constant loss, ratio and percentiles by hand") {
  std::vector<TokenDivergence> tokens;
  for (int i = 0; i <= 100; ++i) tokens.push_back(token(i / 100.0, std::log(4.0), std::log(5.0), i));
  const DivergenceSummary s = summarize(tokens);
  CHECK(s.ppl_ref.value == Approx(4));
  CHECK(s.ppl_cand.value == Approx(5));
  CHECK(s.ratio.value == Approx(1.25));
  CHECK(s.kld.mean.value == Approx(0.5));
  CHECK(s.kld.median == Approx(0.5));
  CHECK(s.kld.at(0.99) == Approx(0.99));
  CHECK(s.kld.at(0.001) == Approx(0.001));
  CHECK(s.kld.max == 1);
  CHECK(s.kld.min == 0);
  CHECK_THROWS_AS(s.kld.at(0.42), std::out_of_range);
  CHECK(s.delta_p.mean.value == Approx(-0.05));
  CHECK(s.rms_delta_p.value == Approx(0.05));
  CHECK(s.kld_interval.low < 0.5);
  CHECK(s.kld_interval.high > 0.5);
}

TEST_CASE("every token falls into one bucket of confidence and one of position") {
  std::vector<TokenDivergence> tokens;
  for (int i = 0; i < 200; ++i) {
    tokens.push_back(token(i < 100 ? 0.5 : 0.1, 1, 1, 0, i));
    tokens.back().ref_confidence = i == 7 ? 1.0 : (i % 100) / 100.0;
    tokens.back().top1_cand = i < 100 ? 2 : 1;
  }
  const DivergenceSummary s = summarize(tokens);
  int64_t by_confidence = 0, by_position = 0;
  for (const auto& b : s.by_confidence) by_confidence += b.tokens;
  for (const auto& b : s.by_position) by_position += b.tokens;
  CHECK(by_confidence == 200);
  CHECK(by_position == 200);
  REQUIRE(s.by_position.size() == 3);  // 0-31, 32-127, 128-199: buckets beyond the longest text are not there
  CHECK(s.by_position[0].name == "positions 0-31");
  CHECK(s.by_position[0].kld.value == Approx(0.5));
  CHECK(s.by_position[0].same_top == 0);
  CHECK(s.by_position[1].name == "positions 32-127");
  CHECK(s.by_position[2].name == "positions 128-199");
  CHECK(s.by_position[2].kld.value == Approx(0.1));
  CHECK(s.by_position[2].same_top == 1);
  CHECK(s.by_confidence.front().name == "p < 0.25");
  CHECK(s.by_confidence.back().name == "p >= 0.99");
  CHECK(s.by_confidence.back().tokens == 3);  // .99 twice and the one at 1
}

TEST_CASE("the interval widens when the same tokens come from few documents") {
  std::vector<TokenDivergence> tokens;
  for (int i = 0; i < 400; ++i) tokens.push_back(token(i / 100 == 3 ? 0.2 : 0.01, 1, 1, i));
  const Bounds spread = summarize(tokens).kld_interval;
  for (int i = 0; i < 400; ++i) tokens[i].document = i / 100;
  const Bounds clustered = summarize(tokens).kld_interval;
  CHECK(clustered.high - clustered.low > 3 * (spread.high - spread.low));
}

TEST_CASE("nothing to summarize is an error, not a zero") {
  CHECK_THROWS_AS(summarize({}), CheckError);
  std::vector<TokenDivergence> tokens = {token(0, 1, 1)};
  tokens[0].gold = kNoToken;
  CHECK_THROWS_AS(summarize(tokens), CheckError);
}

TEST_CASE("golden perplexity statistics of llama.cpp's formulas") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  for (const auto& one : test::golden_cases(path, "llamacpp_perplexity_ratio")) {
    const size_t n = one["n"].get<size_t>();
    INFO("n = " << n);
    std::vector<TokenDivergence> tokens;
    for (size_t i = 0; i < n; ++i) {
      tokens.push_back(
          token(one["kld"][i].get<double>(), one["nll_base"][i].get<double>(), one["nll_q"][i].get<double>()));
      tokens.back().p_ref_gold = 0;
      tokens.back().p_cand_gold = one["p_diff"][i].get<double>();
      tokens.back().top1_cand = one["same_top"][i].get<int>() != 0 ? 1 : 2;
    }
    const DivergenceSummary s = summarize(tokens);
    const auto check = [&](const char* name, PlusMinus found) {
      INFO(name);
      CHECK(test::near_relative(found.value, test::golden_number(one[name][0]), 1e-9, 1e-15));
      // At n = 10 llama.cpp has a covariance but no deviations, so that its uncertainties are not numbers. Ours are 0.
      if (n != 10) CHECK(test::near_relative(found.uncertainty, test::golden_number(one[name][1]), 1e-7, 1e-15));
    };
    check("ppl_q", s.ppl_cand);
    check("ppl_base", s.ppl_ref);
    check("ln_ratio", s.ln_ratio);
    check("ratio", s.ratio);
    check("diff", s.difference);
    check("mean_kld", s.kld.mean);
    check("mean_dp", s.delta_p.mean);
    check("rms_dp", s.rms_delta_p);
    check("same_top_p", s.same_top);
    if (one["cor"].is_number()) CHECK(s.correlation == Approx(one["cor"].get<double>()).epsilon(1e-9));
  }
}

}  // namespace
}  // namespace fp8bench
