#include "harness/score/bootstrap.h"

#include <cmath>
#include <numeric>

#include "harness/io/error.h"
#include "tests/score/statistics_golden.h"

namespace fp8bench {
namespace {

TEST_CASE("SplitMix64 gives its published sequence") {
  SplitMix64 random(1234567);
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
  CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("percentiles: by hand, and numpy's bits") {
  const std::vector<double> four = {1, 2, 4, 8};
  CHECK(percentile(four, 0) == 1);
  CHECK(percentile(four, 1) == 8);
  CHECK(percentile(four, 0.5) == 3);
  CHECK(percentile(four, 0.25) == 1.75);
  CHECK_THROWS_AS(percentile({}, 0.5), CheckError);
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  for (const auto& one : test::golden_cases(path, "percentiles")) {
    const std::vector<double> sorted = sorted_copy(one["x"].get<std::vector<double>>());
    for (size_t i = 0; i < one["q"].size(); ++i) {
      CHECK(percentile(sorted, one["q"][i].get<double>()) == std::stod(one["numpy_linear_hex"][i].get<std::string>()));
    }
  }
}

TEST_CASE("bootstrap intervals of independent items and of clusters have the golden bits") {
  FP8BENCH_REQUIRE_DATA(path, FP8BENCH_STATISTICS);
  const auto golden = test::read_json(path)["bootstrap"];
  for (const auto& one : golden["cases"]) {
    if (one["generator"] != "splitmix64") continue;
    const std::vector<double> x = one["x"].get<std::vector<double>>(), ones(x.size(), 1.0);
    const Bounds found =
        cluster_bootstrap_ratio(x, ones, {one["B"].get<int64_t>(), std::stoull(one["seed"].get<std::string>()), 0.025});
    CHECK(found.low == std::stod(one["ci95_hex"][0].get<std::string>()));
    CHECK(found.high == std::stod(one["ci95_hex"][1].get<std::string>()));
  }
  const auto& clustered = golden["cluster_case"];
  std::vector<double> sum(4, 0), count(4, 0);
  for (size_t i = 0; i < clustered["x"].size(); ++i) {
    sum[clustered["cluster"][i].get<size_t>()] += clustered["x"][i].get<double>();
    count[clustered["cluster"][i].get<size_t>()] += 1;
  }
  const Bounds found =
      cluster_bootstrap_ratio(sum, count, {6, std::stoull(clustered["seed"].get<std::string>()), 0.025});
  CHECK(found.low == Approx(clustered["ci95"][0].get<double>()).epsilon(1e-14));
  CHECK(found.high == Approx(clustered["ci95"][1].get<double>()).epsilon(1e-14));
}

TEST_CASE("the same seed gives the same interval, one cluster a point, no cluster an error") {
  const std::vector<double> x = {1, 2, 3, 4, 9}, n = {1, 1, 2, 2, 3};
  const Bounds a = cluster_bootstrap_ratio(x, n), b = cluster_bootstrap_ratio(x, n);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(cluster_bootstrap_ratio(x, n, {2000, 2, 0.025}).low != a.low);
  const Bounds point = cluster_bootstrap_ratio(std::vector<double>{6}, std::vector<double>{3});
  CHECK(point.low == 2);
  CHECK(point.high == 2);
  CHECK_THROWS_AS(cluster_bootstrap_ratio({}, {}), CheckError);
  CHECK_THROWS_AS(cluster_bootstrap_ratio(x, std::vector<double>{1}), CheckError);
}

// Documents whose tokens share one effect: the true mean is 0. An interval that draws tokens must miss it far more
// often than one that draws documents: that is why documents are drawn.
TEST_CASE("coverage: documents drawn cover the truth about as often as promised, tokens drawn do not") {
  SplitMix64 random(99);
  const auto noise = [&] {  // sum of 12 uniforms: near enough to normal
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random.next() >> 11) * 0x1p-53;
    return sum;
  };
  const int trials = 200, documents = 30, tokens = 20;
  int by_document = 0, by_token = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> sum, count, all;
    for (int d = 0; d < documents; ++d) {
      const double effect = noise();
      for (int t = 0; t < tokens; ++t) all.push_back(effect + 0.5 * noise());
      sum.push_back(std::accumulate(all.end() - tokens, all.end(), 0.0));
      count.push_back(tokens);
    }
    const BootstrapOptions options{400, static_cast<uint64_t>(trial), 0.025};
    const Bounds a = cluster_bootstrap_ratio(sum, count, options);
    const Bounds b = cluster_bootstrap_ratio(all, std::vector<double>(all.size(), 1.0), options);
    by_document += a.low <= 0 && 0 <= a.high;
    by_token += b.low <= 0 && 0 <= b.high;
  }
  CHECK(by_document >= 0.88 * trials);
  CHECK(by_document <= 0.99 * trials);
  CHECK(by_token <= 0.55 * trials);
}

}  // namespace
}  // namespace fp8bench
