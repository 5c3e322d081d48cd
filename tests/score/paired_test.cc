#include "harness/score/paired.h"

#include <cmath>

#include "harness/io/error.h"
#include "harness/score/normal.h"
#include "tests/score/statistics_golden.h"

namespace fp8bench {
namespace {

PairedCounts counts_of(const nlohmann::json& one) {
  PairedCounts out;
  out.both_right = one["n11"].get<int64_t>();
  out.right_to_wrong = one["b"].get<int64_t>();
  out.wrong_to_right = one["c"].get<int64_t>();
  out.both_wrong = one["n00"].get<int64_t>();
  return out;
}

void check_interval(const Bounds& found, const nlohmann::json& wanted) {
  CHECK(test::near_relative(found.low, test::golden_number(wanted[0]), 1e-10, 1e-12));
  CHECK(test::near_relative(found.high, test::golden_number(wanted[1]), 1e-10, 1e-12));
}

TEST_CASE("normal distribution against the C library and known quantiles") {
  for (double x = -37; x <= 8; x += 0.37) {
    CHECK(normal_cdf(x) == Approx(0.5 * std::erfc(-x / std::sqrt(2.0))).epsilon(1e-12));
  }
  CHECK(normal_cdf(0) == 0.5);
  CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-14));
  CHECK(normal_quantile(0.95) == Approx(1.6448536269514722).epsilon(1e-14));
  CHECK(normal_quantile(0.5) == 0);
  for (double p = 1e-300; p < 0.5; p *= 37) CHECK(normal_cdf(normal_quantile(p)) == Approx(p).epsilon(1e-11));
}

TEST_CASE("exact McNemar by hand") {
  CHECK(mcnemar(0, 0).p_two_sided == 1);
  CHECK(mcnemar(0, 0).mid_p_worse == 0.5);
  const McNemar five = mcnemar(5, 0);
  CHECK(five.p_worse == Approx(1.0 / 32));
  CHECK(five.p_better == 1);
  CHECK(five.p_two_sided == Approx(1.0 / 16));
  CHECK(five.mid_p_worse == Approx(1.0 / 64));
  const McNemar three_one = mcnemar(3, 1);  // Binomial(4, 1/2): 1 4 6 4 1
  CHECK(three_one.p_worse == Approx(5.0 / 16));
  CHECK(three_one.p_better == Approx(15.0 / 16));
  CHECK(three_one.mid_p_worse == Approx(3.0 / 16));
  CHECK(mcnemar(4, 4).p_two_sided == 1);
}

TEST_CASE("golden McNemar, up to a million flips") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  for (const auto& one : test::golden_cases(path, "mcnemar")) {
    const McNemar found = mcnemar(one["b"].get<int64_t>(), one["c"].get<int64_t>());
    INFO("b = " << one["b"] << ", c = " << one["c"]);
    const auto check = [&](const char* name, double value) {
      const double wanted = test::golden_number(one[name]);
      if (wanted > 1e-300) CHECK(test::near_relative(value, wanted, 1e-10, 0));
    };
    check("p_worse", found.p_worse);
    check("p_better", found.p_better);
    check("p_two", found.p_two_sided);
    check("midp_worse", found.mid_p_worse);
    check("midp_two_doubled", found.mid_p_two_sided);
    CHECK(test::near_relative(found.log10_p_worse, test::golden_number(one["log10_p_worse"]), 1e-10, 1e-12));
    CHECK(test::near_relative(found.log10_p_two_sided, test::golden_number(one["log10_p_two"]), 1e-10, 1e-12));
  }
}

TEST_CASE("golden paired differences, score intervals and non-inferiority") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  const auto golden = test::read_json(path);
  for (const auto& one : golden["paired_difference"]["cases"]) {
    CHECK(test::near_relative(counts_of(one).difference(), test::golden_number(one["delta"]), 1e-12, 1e-15));
    CHECK(test::near_relative(paired_standard_error(counts_of(one)), test::golden_number(one["se_population"]), 1e-10,
                              1e-12));
  }
  for (const auto& one : golden["paired_proportion_interval"]["cases"]) {
    INFO(one.dump());
    check_interval(tango_interval(counts_of(one), 0.95), one["tango95"]);
    check_interval(tango_interval(counts_of(one), 0.90), one["tango90"]);
  }
  for (const auto& one : golden["non_inferiority"]["cases"]) {
    const double z = tango_z(counts_of(one), -one["margin"].get<double>());
    CHECK(test::near_relative(z, test::golden_number(one["z_score"]), 1e-10, 1e-12));
    CHECK(test::near_relative(normal_cdf(-z), test::golden_number(one["p_score"]), 1e-10, 1e-12));
  }
}

TEST_CASE("golden cluster-robust errors and paired score differences") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  const auto golden = test::read_json(path);
  for (const auto& one : golden["clustered_se"]["cases"]) {
    const PairedMean found =
        paired_mean(one["scores"].get<std::vector<double>>(), one["cluster"].get<std::vector<int64_t>>());
    CHECK(test::near_relative(found.mean, one["mean"].get<double>(), 1e-12, 1e-15));
    CHECK(test::near_relative(found.standard_error, one["se_clustered_corrected"].get<double>(), 1e-10, 1e-12));
    CHECK(found.clusters == one["n_clusters"].get<int64_t>());
  }
  for (const auto& one : golden["paired_difference_scores"]["cases"]) {
    std::vector<ItemScore> base, cand;
    for (const auto& x : one["base"]) base.push_back({false, x.get<double>(), 0});
    for (const auto& x : one["cand"]) cand.push_back({false, x.get<double>(), 0});
    const PairedMean found = gold_logprob_test(base, cand);
    CHECK(test::near_relative(found.mean, one["delta"].get<double>(), 1e-12, 1e-15));
    CHECK(test::near_relative(found.standard_error, one["se"].get<double>(), 1e-10, 1e-12));
    check_interval(found.interval, one["ci_z"]);
    CHECK(found.p_worse == Approx(0.5 * std::erfc(-found.mean / found.standard_error / std::sqrt(2.0))));
  }
}

TEST_CASE("golden minimum detectable effects, and a floor where nothing flipped") {
  const PairedCounts none{20, 0, 0, 5};
  CHECK(minimum_detectable_effect(none) == Approx((1.6448536269514722 + 0.8416212335729143) / 25));
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  for (const auto& one : test::golden_cases(path, "minimum_detectable_effect")) {
    if (!one.contains("mde_simple") || !one.contains("alpha_one_sided")) continue;
    const double found = minimum_detectable_effect(one["n"].get<int64_t>(), one["d"].get<double>(),
                                                   one["alpha_one_sided"].get<double>(), one["power"].get<double>());
    CHECK(test::near_relative(found, one["mde_simple"].get<double>(), 1e-10, 1e-12));
  }
}

TEST_CASE("flips are counted by direction") {
  const std::vector<ItemScore> ref = {{true, 0, 0}, {true, 0, 0}, {false, 0, 0}, {false, 0, 0}, {true, 0, 0}};
  const std::vector<ItemScore> cand = {{true, 0, 0}, {false, 0, 0}, {true, 0, 0}, {false, 0, 0}, {false, 0, 0}};
  const PairedCounts counts = count_pairs(ref, cand);
  CHECK(counts.both_right == 1);
  CHECK(counts.right_to_wrong == 2);
  CHECK(counts.wrong_to_right == 1);
  CHECK(counts.both_wrong == 1);
  CHECK(counts.difference() == Approx(-0.2));
  CHECK_THROWS_AS(count_pairs(ref, std::span(cand).first(4)), CheckError);
  CHECK_THROWS_AS(gold_logprob_test(ref, std::span(cand).first(4)), CheckError);
  CHECK_THROWS_AS(paired_mean(std::vector<double>{1, 2}, std::vector<int64_t>{1}), CheckError);
}

TEST_CASE("a mean without spread or items has no false certainty in its fields") {
  CHECK(paired_mean({}).p_worse == 1);
  const PairedMean zero = paired_mean(std::vector<double>{0, 0, 0});
  CHECK(zero.z == 0);
  CHECK(zero.p_two_sided == 1);
  const PairedMean one_cluster = paired_mean(std::vector<double>{-1, -2}, std::vector<int64_t>{7, 7});
  CHECK(one_cluster.clusters == 1);
  CHECK(one_cluster.standard_error == 0);
  const PairedMean constant = paired_mean(std::vector<double>{-1, -1, -1});
  CHECK(constant.z == -1e9);
  CHECK(constant.p_worse == 0);
}

}  // namespace
}  // namespace fp8bench
