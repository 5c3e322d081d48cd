// Every case of every section of the golden statistics (scipy, statsmodels, numpy, 50-digit arithmetic) through our
// functions. The sections are a table: one that is missing here, or a field that no check reads, fails.
#include <functional>
#include <map>

#include "harness/measure/sampler.h"
#include "harness/score/bootstrap.h"
#include "harness/score/divergence_summary.h"
#include "harness/score/location_tests.h"
#include "harness/score/minimum_effect.h"
#include "harness/score/multiple_testing.h"
#include "harness/score/non_inferiority.h"
#include "harness/score/normal.h"
#include "harness/score/paired.h"
#include "harness/score/paired_interval.h"
#include "harness/score/proportion_interval.h"
#include "harness/score/word_distance.h"
#include "tests/score/golden_case.h"

namespace fp8bench {
namespace {

using test::GoldenCase;
using test::near_relative;

PairedCounts counts_of(GoldenCase& one) {
  PairedCounts out;
  out.both_right = one.integer("n11");
  out.right_to_wrong = one.integer("b");
  out.wrong_to_right = one.integer("c");
  out.both_wrong = one.integer("n00");
  return out;
}

void check_mcnemar(GoldenCase& one) {
  const int64_t b = one.integer("b"), c = one.integer("c");
  const McNemar found = mcnemar(b, c);
  one.check_p("p_worse", found.p_worse);
  one.check_p("p_better", found.p_better);
  one.check_p("p_two", found.p_two_sided);
  one.check_p("midp_worse", found.mid_p_worse);
  one.check_p("midp_two_doubled", found.mid_p_two_sided);
  one.check_p("midp_two_fagerland", found.mid_p_fagerland);
  one.check("log10_p_worse", found.log10_p_worse, 1e-10, 1e-12);
  one.check("log10_p_two", found.log10_p_two_sided, 1e-10, 1e-12);
  if (b + c == 0) return;
  // scipy and statsmodels themselves: the golden demands 1e-9 of them where they differ from its 50 digits.
  if (one.number("scipy_binomtest_greater") > 1e-300) one.check("scipy_binomtest_greater", found.p_worse, 1e-9);
  if (one.number("statsmodels_exact_two") > 1e-300) one.check("statsmodels_exact_two", found.p_two_sided, 1e-9);
  one.check("chi2", mcnemar_chi_square(b, c).statistic);
  one.check_p("chi2_p", mcnemar_chi_square(b, c).p);
  one.check("chi2_cc", mcnemar_chi_square(b, c, true).statistic);
  one.check_p("chi2_cc_p", mcnemar_chi_square(b, c, true).p);
}

void check_paired_difference(GoldenCase& one) {
  const PairedCounts counts = counts_of(one);
  one.check("delta", counts.difference(), 1e-12, 1e-15);
  one.check("se_population", paired_standard_error(counts), 1e-10, 1e-15);
  one.check("se_sample", paired_sample_error(counts), 1e-10, 1e-15);
  one.check("ci_z_population", wald_interval(counts));
  one.check("ci_z_sample", wald_sample_interval(counts));
  one.check("ci_t_sample", student_interval(counts));
}

void check_paired_scores(GoldenCase& one) {
  const std::vector<double> base = one.numbers("base"), cand = one.numbers("cand");
  std::vector<double> difference;
  for (size_t i = 0; i < base.size(); ++i) difference.push_back(cand[i] - base[i]);
  const PairedMean mean = paired_mean(difference);
  one.check("delta", mean.mean, 1e-10, 1e-15);
  one.check("se", mean.standard_error);
  one.check("ci_z", mean.interval);
  one.check("ci_t", student_interval(mean));
  one.check("corr", pairing_gain(base, cand).correlation);
  one.check("se_unpaired", pairing_gain(base, cand).unpaired_error);
}

void check_proportion(GoldenCase& one) {
  const int64_t k = one.integer("k"), n = one.integer("n");
  one.check("wilson", wilson_interval(k, n));
  one.check("wilson_cc", wilson_interval_corrected(k, n));
  one.check("clopper_pearson", clopper_pearson_interval(k, n));
  one.check("agresti_coull", agresti_coull_interval(k, n));
  one.check("jeffreys", jeffreys_interval(k, n));
  one.check("wilson_lower_one_sided_95", wilson_lower(k, n), 1e-10, 1e-12);
  if (k == 0) CHECK(wilson_interval(k, n).low == 0);
  if (k == n) CHECK(wilson_interval(k, n).high == 1);
}

void check_paired_proportion(GoldenCase& one) {
  const PairedCounts counts = counts_of(one);
  const NewcombeInterval newcombe = newcombe_interval(counts);
  one.check("newcombe10", newcombe.interval);
  one.check("newcombe10_phi", newcombe.phi);
  one.check("tango95", tango_interval(counts, 0.95));
  one.check("tango90", tango_interval(counts, 0.90));
  one.check("agresti_min_wald2", agresti_min_interval(counts));
}

void check_clustered(GoldenCase& one) {
  std::vector<int64_t> labels;
  for (const double label : one.numbers("cluster")) labels.push_back(static_cast<int64_t>(label));
  const std::vector<double> scores = one.numbers("scores");
  const PairedMean mean = paired_mean(scores, labels);
  one.check("mean", mean.mean, 1e-10, 1e-15);
  one.check("se_clustered", mean.population_error);
  one.check("se_clustered_corrected", mean.standard_error);
  one.check("se_naive_n_minus_1", paired_mean(scores).standard_error);
  CHECK(mean.clusters == one.integer("n_clusters"));
  if (one.has("t_ci_corrected")) one.check("t_ci_corrected", student_interval(mean));
}

void check_minimum_effect(GoldenCase& one) {
  const int64_t n = one.integer("n");
  const double d = one.number("d"), alpha = one.number("alpha_one_sided"), power = one.number("power");
  const double simple = minimum_detectable_effect(n, d, alpha, power);
  one.check("mde_simple", simple);
  CHECK((simple <= d) == one.at("attainable").get<bool>());
  const auto connor = connor_effect(n, d, alpha, power);
  REQUIRE(connor.has_value() == !one.at("mde_connor").is_null());
  if (connor) one.check("mde_connor", *connor);
  if (!one.has("exact_mcnemar_power_at_connor_mde")) return;
  const double exact = exact_mcnemar_power(n, d, *connor, alpha);
  // Its script leaves out numbers of flips rarer than 1e-14.
  one.check("exact_mcnemar_power_at_connor_mde", exact, 1e-10, 2e-12);
  CHECK(std::fabs(one.at("simulation").at("power_exact").get<double>() - exact) < 0.012);  // 20,000 draws
}

void check_non_inferiority(GoldenCase& one) {
  const PairedCounts counts = counts_of(one);
  const double margin = one.number("margin");
  const NonInferiority found = non_inferiority(counts, margin);
  one.check("delta", counts.difference(), 1e-12, 1e-15);
  one.check("z_score", found.score.z_lower);
  one.check_p("p_score", found.score.p);
  one.check_p("p_tost_score", found.score.p_tost);
  REQUIRE(found.wald.has_value() == one.has("z_wald"));
  if (found.wald) {
    one.check("z_wald", found.wald->z_lower);
    one.check("z_wald_upper", found.wald->z_upper);
    one.check_p("p_wald", found.wald->p);
    one.check_p("p_tost_wald", found.wald->p_tost);
  }
  REQUIRE(found.student.has_value() == one.has("ttost_paired"));
  if (found.student) {
    GoldenCase t(one.at("ttost_paired"));
    t.check_p("p", found.student->p_tost);
    t.check("t_low", found.student->z_lower);
    t.check_p("p_low", found.student->p);
    t.check("t_upp", found.student->z_upper);
    t.check_p("p_upp", found.student->p_upper);
    t.check("df", found.student->df);
    t.check_all_read();
  }
  if (!one.has("p_exact_unconditional")) return;
  const ExactNonInferiority exact = exact_non_inferiority(counts, margin);
  one.check("p_exact_unconditional", exact.p);
  one.check("argmax_q", exact.q, 1e-10, 1e-12);
}

void check_multiple(GoldenCase& one) {
  const std::vector<double> p = one.numbers("p");
  const std::pair<const char*, Correction> kinds[] = {{"holm", Correction::kHolm},
                                                      {"bonferroni", Correction::kBonferroni},
                                                      {"benjamini_hochberg", Correction::kBenjaminiHochberg},
                                                      {"holm_sidak", Correction::kHolmSidak},
                                                      {"hochberg", Correction::kHochberg}};
  for (const auto& [name, correction] : kinds) {
    const Adjusted found = adjust_p_values(p, correction);
    one.check(name, found.p);
    CHECK(found.reject == one.at(std::string(name) + "_reject05").get<std::vector<bool>>());
  }
}

void check_wilcoxon(GoldenCase wanted, std::span<const double> x) {
  WilcoxonOptions options;
  options.pratt = wanted.at("zero_method") == "pratt";
  options.exact = wanted.at("method") == "exact";
  options.correction = wanted.at("correction").get<bool>();
  const WilcoxonTest found = wilcoxon_test(x, options);
  wanted.check("W_plus", found.plus);
  wanted.check("statistic_min", std::min(found.plus, found.minus));
  wanted.check_p("p_less", found.p_less);
  wanted.check_p("p_greater", found.p_greater);
  wanted.check_p("p_two_sided", found.p_two_sided);
  if (wanted.has("z")) wanted.check("z", found.z);
  wanted.check_all_read();
}

void check_location(GoldenCase& one) {
  const std::vector<double> x = one.numbers("x");
  if (one.has("t")) {
    const StudentTest found = student_test(x);
    GoldenCase t(one.at("t"));
    t.check("statistic", found.statistic);
    t.check("df", found.df);
    t.check_p("p_two", found.p_two_sided);
    t.check_p("p_less", found.p_less);
    t.check("ci95", found.interval);
    t.check_all_read();
    for (const auto& wanted : one.at("wilcoxon")) check_wilcoxon(GoldenCase(wanted), x);
  } else {
    CHECK_THROWS_WITH(student_test(x), Catch::Contains("at least 2 values that differ"));
  }
  const HodgesLehmann found = hodges_lehmann(x);
  GoldenCase wanted(one.at("hodges_lehmann"));
  wanted.check("estimate", found.estimate, 1e-12);
  CHECK(found.k_normal == wanted.integer("k_normal"));
  wanted.check("ci_normal", found.interval_normal);
  CHECK(found.k == wanted.integer("k"));
  wanted.check("ci", found.interval);
  wanted.check("achieved", found.achieved);
  wanted.check_all_read();
}

void check_median(GoldenCase& one) {
  const int64_t n = one.integer("n");
  std::vector<double> ranks;
  for (int64_t i = 1; i <= n; ++i) ranks.push_back(static_cast<double>(i));
  double median = 0, low = 0, high = 0;
  median_interval(ranks, median, low, high);
  CHECK(median == 0.5 * static_cast<double>(n + 1));
  const double outside = 2 * std::exp(log_binomial_half_lower(n, static_cast<int64_t>(low) - 1));
  if (one.at("lower_rank").is_null()) {  // no rank reaches 95 %: the whole range, and it does not
    CHECK(one.at("upper_rank").is_null());
    CHECK(one.at("coverage").is_null());
    CHECK(low == 1);
    CHECK(high == static_cast<double>(n));
    CHECK(outside > 0.05);
    return;
  }
  one.check("lower_rank", low, 0);
  one.check("upper_rank", high, 0);
  one.check("coverage", 1 - outside);
}

void check_percentiles(GoldenCase& one) {
  const std::vector<double> sorted = sorted_copy(one.numbers("x"));
  const std::vector<float> narrow(sorted.begin(), sorted.end());
  std::vector<double> nearest, unbiased, llamacpp;
  for (const double q : one.numbers("q")) {
    const size_t i = nearest.size();
    CHECK(percentile(sorted, q) == std::stod(one.at("numpy_linear_hex")[i].get<std::string>()));
    CHECK(percentile(sorted, q) == test::golden_number(one.at("numpy_linear")[i]));
    nearest.push_back(nearest_rank(sorted, q));
    unbiased.push_back(median_unbiased_percentile(sorted, q));
    llamacpp.push_back(llamacpp_percentile(narrow, static_cast<float>(q)));
  }
  CHECK(percentile(sorted, 0.5) == one.number("median"));
  one.check("nearest_rank", nearest, 0);
  one.check("median_unbiased", unbiased, 0);
  if (one.has("llamacpp_float32")) one.check("llamacpp_float32", llamacpp, 0);
}

void check_divergence(GoldenCase& one) {
  WordDistribution p, q;
  set_from_logits(one.numbers("logits_p"), p);
  set_from_logits(one.numbers("logits_q"), q);
  const TokenDivergence d = token_divergence(p, q, kNoToken);
  one.ignore("name");
  // The golden's own tolerance: a double cannot resolve a divergence of 1e-19.
  constexpr double kRelative = 1e-12, kAbsolute = 1e-14;
  one.check("kl_pq", d.kld, kRelative, kAbsolute);
  one.check("kl_qp", d.reverse_kld, kRelative, kAbsolute);
  one.check("js", d.js, kRelative, kAbsolute);
  one.check("kl_pq_llamacpp_cut16", d.kld_llamacpp, kRelative, kAbsolute);
  one.check("js_distance", jensen_shannon_distance(d), kRelative, std::sqrt(kAbsolute));
  one.check("entropy_p", entropy(p), kRelative, kAbsolute);
  one.check("total_variation", total_variation(p, q), kRelative, kAbsolute);
  one.check("js_weighted_0p25", weighted_jensen_shannon(p, q, 0.25), kRelative, kAbsolute);
  if (one.has("logprob_p")) one.check("logprob_p", p.logp, kRelative, kAbsolute);
}

void check_bootstrap(GoldenCase& one) {
  const size_t n = one.at("n").get<size_t>();
  BootstrapOptions options;
  options.seed = std::stoull(one.at("seed").get<std::string>());
  options.resamples = one.integer("B");
  options.generator = one.at("generator") == "splitmix64" ? Generator::kSplitMix64 : Generator::kMersenneTwister64;
  IndexSource source(options.generator, options.seed);
  const auto draw_row = [&] {
    nlohmann::json row = nlohmann::json::array();
    for (size_t i = 0; i < n; ++i) row.push_back(source.below(n));
    return row;
  };
  for (int64_t row = 0; row < options.resamples; ++row) {
    const nlohmann::json drawn = draw_row();
    if (one.has("index_matrix")) CHECK(drawn == one.at("index_matrix")[static_cast<size_t>(row)]);
    if (one.has("first_row") && row == 0) CHECK(drawn == one.at("first_row"));
    if (one.has("last_row") && row + 1 == options.resamples) CHECK(drawn == one.at("last_row"));
  }
  const std::vector<double> x = one.numbers("x"), ones(x.size(), 1.0);
  const std::vector<double> means = cluster_bootstrap_ratios(x, ones, options);
  for (size_t i = 0; i < one.at("first_means").size(); ++i) CHECK(means[i] == one.at("first_means")[i].get<double>());
  const PairedMean summary = paired_mean(means);
  one.check("mean_of_means", summary.mean, 1e-10, 1e-15);
  one.check("sd_of_means", summary.standard_error * std::sqrt(static_cast<double>(means.size())));
  const Bounds found = cluster_bootstrap_ratio(x, ones, options);
  CHECK(found.low == std::stod(one.at("ci95_hex")[0].get<std::string>()));
  CHECK(found.high == std::stod(one.at("ci95_hex")[1].get<std::string>()));
  CHECK(found.low == one.at("ci95")[0].get<double>());
}

void check_llamacpp(GoldenCase& one) {
  std::vector<TokenDivergence> tokens(one.at("n").get<size_t>());
  for (size_t i = 0; i < tokens.size(); ++i) {
    TokenDivergence& t = tokens[i];
    t.kld = one.at("kld")[i].get<double>();
    t.nll_ref = one.at("nll_base")[i].get<double>();
    t.nll_cand = one.at("nll_q")[i].get<double>();
    t.p_cand_gold = one.at("p_diff")[i].get<double>();
    t.top1_ref = 1;
    t.top1_cand = one.at("same_top")[i].get<int>() != 0 ? 1 : 2;
    t.gold = 0;
  }
  const DivergenceSummary s = summarize(tokens);
  const auto check = [&](const char* name, PlusMinus found) {
    INFO(name);
    CHECK(near_relative(found.value, test::golden_number(one.at(name)[0]), 1e-9, 1e-15));
    // At n = 10 llama.cpp has a covariance but no deviations, so that its uncertainties are not numbers. Ours are 0.
    if (tokens.size() != 10) CHECK(near_relative(found.uncertainty, test::golden_number(one.at(name)[1]), 1e-7, 1e-15));
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
  if (one.at("cor").is_null()) {
    one.ignore("cov");  // there are no deviations to relate it to (n <= 10)
    return;
  }
  one.check("cor", s.correlation, 1e-9);
  const double deviations = s.ppl_cand.uncertainty / s.ppl_cand.value * s.ppl_ref.uncertainty / s.ppl_ref.value;
  one.check("cov", s.correlation * deviations, 1e-8);
}

const std::map<std::string, void (*)(GoldenCase&)> kSections = {{"mcnemar", check_mcnemar},
                                                                {"paired_difference", check_paired_difference},
                                                                {"paired_difference_scores", check_paired_scores},
                                                                {"proportion_interval", check_proportion},
                                                                {"paired_proportion_interval", check_paired_proportion},
                                                                {"clustered_se", check_clustered},
                                                                {"minimum_detectable_effect", check_minimum_effect},
                                                                {"non_inferiority", check_non_inferiority},
                                                                {"multiple_testing", check_multiple},
                                                                {"paired_location_tests", check_location},
                                                                {"median_order_statistic_interval", check_median},
                                                                {"percentiles", check_percentiles},
                                                                {"divergences", check_divergence},
                                                                {"bootstrap", check_bootstrap},
                                                                {"llamacpp_perplexity_ratio", check_llamacpp}};

// Returns how many cases were checked.
size_t check_section(const nlohmann::json& section, void (*check)(GoldenCase&)) {
  size_t cases = 0;
  for (const auto& fields : section.at("cases")) {
    INFO("case " << cases << ": " << fields.dump().substr(0, 200));
    GoldenCase one(fields);
    check(one);
    one.check_all_read();
    ++cases;
  }
  return cases;
}

TEST_CASE("golden statistics: every field of every case of all 15 sections") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  const nlohmann::json golden = test::read_json(path);
  size_t sections = 0, cases = 0;
  for (const auto& [name, section] : golden.items()) {
    if (!section.contains("cases")) continue;  // versions, conventions
    INFO("section " << name);
    REQUIRE(kSections.count(name) == 1);
    const size_t checked = check_section(section, kSections.at(name));
    CHECK(checked == section.at("cases").size());
    CHECK(checked > 0);
    cases += checked;
    ++sections;
  }
  CHECK(sections == 15);
  CHECK(sections == kSections.size());
  CHECK(cases >= 100);
}

}  // namespace
}  // namespace fp8bench
