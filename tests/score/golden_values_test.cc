// A few of the golden values, committed, so that a checkout without the data still checks every family of functions.
// scipy 1.17.1, statsmodels 0.15.0, or the published example that is named.
#include <catch2/catch.hpp>

#include "harness/score/beta.h"
#include "harness/score/bootstrap.h"
#include "harness/score/location_tests.h"
#include "harness/score/minimum_effect.h"
#include "harness/score/multiple_testing.h"
#include "harness/score/non_inferiority.h"
#include "harness/score/paired_interval.h"
#include "harness/score/proportion_interval.h"

namespace fp8bench {
namespace {

void check(const Bounds& found, double low, double high, double margin = 1e-12) {
  CHECK(found.low == Approx(low).margin(margin).epsilon(0));
  CHECK(found.high == Approx(high).margin(margin).epsilon(0));
}

TEST_CASE("committed golden values: proportions") {
  check(wilson_interval(0, 1), 0, 0.7934506856227626);
  check(wilson_interval_corrected(1, 1), 0.05462075552885204, 1);
  check(clopper_pearson_interval(0, 1), 0, 0.975);
  check(agresti_coull_interval(1, 1), 0.167499485479413, 1);
  check(jeffreys_interval(0, 1), 0.0003855809807559011, 0.8532536836904249);
  CHECK(wilson_lower(1, 1) == Approx(0.2698659487840541).epsilon(1e-12));
}

TEST_CASE("committed golden values: paired proportions, with the published tables") {
  // Newcombe 1998, table (36, 12, 2, 0): p1 - p2 in 0.0569 .. 0.3404; here candidate - reference.
  check(newcombe_interval({36, 12, 2, 0}).interval, -0.3404276029749407, -0.05692958400323869);
  check(agresti_min_interval({36, 12, 2, 0}), -0.3286082183355933, -0.056007166279791326);
  // Tango 1998, Bentur's table: -0.517 .. -0.026.
  check(tango_interval({1, 7, 1, 12}), -0.517, -0.026, 6e-4);
  check(student_interval(PairedCounts{36, 12, 2, 0}), -0.34064096944854705, -0.059359030551453);
  const NonInferiority test = non_inferiority({1000, 66, 44, 209}, 0.02);
  CHECK(test.score.p == Approx(0.33841182104850487).epsilon(1e-12));
  CHECK(test.wald->p == Approx(0.33785844231820095).epsilon(1e-12));
  CHECK(test.student->p_tost == Approx(0.33795047654883376).epsilon(1e-12));
  CHECK_FALSE(non_inferiority({100, 0, 0, 0}, 0.05).wald);
  CHECK_THROWS(exact_non_inferiority({1000, 0, 0, 0}, 0.05));
}

TEST_CASE("committed golden values: location, families of tests, effects") {
  const std::vector<double> x = {0.01613, 0.02742, -0.06316, -0.04398, -0.07687, -0.17735};
  CHECK(student_test(x).p_two_sided == Approx(0.14040560224813847).epsilon(1e-12));
  CHECK(wilcoxon_test(x, {false, true, false}).p_two_sided == 0.15625);
  CHECK(wilcoxon_test(x, {false, false, true}).p_less == Approx(0.0711066209681962).epsilon(1e-12));
  CHECK(hodges_lehmann(x).estimate == Approx(-0.05357).epsilon(1e-12));
  CHECK(hodges_lehmann(x).achieved == 0.96875);
  const std::vector<double> p = {.01, .04, .03, .005};
  const auto holm = adjust_p_values(p, Correction::kHolm), fdr = adjust_p_values(p, Correction::kBenjaminiHochberg);
  CHECK(holm.p[0] == Approx(0.03));
  CHECK(holm.reject == std::vector<bool>{true, false, false, true});
  CHECK(fdr.reject == std::vector<bool>{true, true, true, true});
  CHECK(adjust_p_values(p, Correction::kHolmSidak).p[3] == Approx(0.019850499375).epsilon(1e-12));
  CHECK(*connor_effect(14042, 0.02) == Approx(0.0029672369254797274).epsilon(1e-12));
  CHECK_THROWS(wilcoxon_test(std::vector<double>{0, 0}));
}

TEST_CASE("incomplete beta: closed forms, both ends and huge parameters") {
  for (const double x : {1e-12, 0.1, 0.5, 0.9, 0.999}) {
    CHECK(incomplete_beta(1, 1, x, 1 - x) == Approx(x).epsilon(1e-13));
    CHECK(incomplete_beta(3, 1, x, 1 - x) == Approx(x * x * x).epsilon(1e-13));
    CHECK(beta_quantile(1, 1, x) == Approx(x).epsilon(1e-13));
  }
  CHECK(incomplete_beta(1e6, 1e6, 0.5, 0.5) == Approx(0.5).epsilon(1e-11));
  CHECK(incomplete_beta(2, 3, 0, 1) == 0);
  CHECK(incomplete_beta(2, 3, 1, 0) == 1);
  CHECK(binomial_upper(10, 0, 0.3) == 1);
  CHECK(binomial_upper(10, 10, 0.5) == Approx(1.0 / 1024).epsilon(1e-13));
  CHECK(binomial_lower(10, 0, 0.5) == Approx(1.0 / 1024).epsilon(1e-13));
  CHECK(student_cdf(1, 1) == Approx(0.75).epsilon(1e-13));  // Cauchy; the next two: 30 digits by mpmath
  CHECK(student_quantile(0.975, 1) == Approx(12.706204736174705).epsilon(1e-12));
  CHECK(student_quantile(0.025, 10) == Approx(-2.2281388519862747).epsilon(1e-12));
  for (const double p : {1e-9, 0.01, 0.3, 0.6, 0.999})
    for (const double df : {1.0, 3.0, 40.0, 1e5})
      CHECK(student_cdf(student_quantile(p, df), df) == Approx(p).epsilon(1e-10));
}

}  // namespace
}  // namespace fp8bench
