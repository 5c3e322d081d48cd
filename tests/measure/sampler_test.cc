// The instrument is tested harder than what it measures: synthetic clocks with known medians.
#include "harness/measure/sampler.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <set>

using namespace fp8bench;

namespace {

// A clock that advances by what the work "took".
struct FakeClock {
  double now = 0.0;
  SamplerOptions options(double limit = 100.0) {
    SamplerOptions o;
    o.time_limit = limit;
    o.clock = [this] { return now; };
    return o;
  }
};

}  // namespace

TEST_CASE("a steady clock settles at its median") {
  FakeClock clock;
  const Timing timing = measure([&](int) { clock.now += 0.25; }, clock.options());
  CHECK(timing.settled);
  CHECK(timing.median == 0.25);
  CHECK(timing.low == 0.25);
  CHECK(timing.p5 == 0.25);
  CHECK(timing.p95 == 0.25);
  CHECK(timing.samples.size() == 6);  // the least that has a 95 % interval
}

TEST_CASE("noise around a known median settles on it, within the target") {
  FakeClock clock;
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> noise(0.0, 0.05);
  const Timing timing = measure([&](int) { clock.now += 0.01 * noise(random); }, clock.options());
  CHECK(timing.settled);
  CHECK(timing.median == Approx(0.01).epsilon(0.02));
  CHECK(timing.high - timing.low <= 0.02 * timing.median);
  CHECK(timing.p5 < timing.low);
  CHECK(timing.p95 > timing.high);
  CHECK(timing.samples.size() > 20);
  CHECK(timing.samples.size() < 1000);
}

TEST_CASE("a bimodal clock does not settle and says so") {
  FakeClock clock;
  const Timing timing = measure([&](int i) { clock.now += i % 2 == 0 ? 0.1 : 0.2; }, clock.options(20.0));
  CHECK_FALSE(timing.settled);
  CHECK(timing.low == Approx(0.1));
  CHECK(timing.high == Approx(0.2));
  CHECK(timing.p5 == Approx(0.1));
  CHECK(timing.p95 == Approx(0.2));
}

TEST_CASE("a clock that drifts through the whole limit does not settle") {
  FakeClock clock;
  double cost = 0.1;
  const Timing timing = measure([&](int) { clock.now += cost *= 1.02; }, clock.options(30.0));
  CHECK_FALSE(timing.settled);
  CHECK(timing.high > 1.05 * timing.low);
}

TEST_CASE("warm-up samples are left out") {
  FakeClock clock;
  const Timing timing = measure([&](int i) { clock.now += i == 0 ? 5.0 : 0.01; }, clock.options(1000.0));
  CHECK(timing.median == Approx(0.01));
  for (const double sample : timing.samples) CHECK(sample < 1.0);
}

TEST_CASE("warm-up lasts until sliding windows agree") {
  FakeClock clock;
  // Falls by 5 % a sample for 40 samples, as a processor that finds its turbo, and stays there.
  const auto work = [&](int i) { clock.now += 0.01 * std::pow(0.95, std::min(i, 40)); };
  const Timing timing = measure(work, clock.options(2.0));
  CHECK(timing.warm_up >= 40);
  CHECK(timing.settled);
  CHECK(timing.median == Approx(0.01 * std::pow(0.95, 40)));
}

TEST_CASE("a warm-up that never agrees takes a third of the limit and no more") {
  FakeClock clock;
  const Timing timing = measure([&](int i) { clock.now += i % 10 < 5 ? 0.1 : 0.2; }, clock.options(30.0));
  CHECK(timing.warm_up * 0.15 == Approx(10.0).epsilon(0.05));
  CHECK(static_cast<double>(timing.samples.size()) * 0.15 == Approx(20.0).epsilon(0.05));
}

TEST_CASE("the time limit ends a slow work with at least one sample") {
  FakeClock clock;
  const Timing timing = measure([&](int) { clock.now += 10.0; }, clock.options(1.0));
  CHECK(timing.samples.size() == 1);
  CHECK_FALSE(timing.settled);
}

TEST_CASE("least and most samples are kept to") {
  FakeClock clock;
  SamplerOptions options = clock.options(1000.0);
  options.min_samples = 30;
  CHECK(measure([&](int) { clock.now += 0.1; }, options).samples.size() == 30);
  options.max_samples = 40;
  const Timing timing = measure([&](int i) { clock.now += i % 2 == 0 ? 0.1 : 0.2; }, options);
  CHECK(timing.samples.size() == 40);
  CHECK_FALSE(timing.settled);
  options.min_samples = 1;  // fewer than six have no interval, however close together
  CHECK(measure([&](int) { clock.now += 0.1; }, options).samples.size() == 6);
}

TEST_CASE("samples go on counting through warm-up, so that a rotation does") {
  FakeClock clock;
  std::vector<int> seen;
  const Timing timing = measure(
      [&](int i) {
        seen.push_back(i);
        clock.now += 0.1;
      },
      clock.options());
  CHECK(seen.size() == timing.samples.size() + static_cast<size_t>(timing.warm_up));
  for (size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<int>(i));
}

TEST_CASE("a pair's ratio is unmoved by a drift that both share") {
  FakeClock clock;
  double speed = 1.0;
  const auto work = [&](double cost) {
    clock.now += cost * speed;
    speed *= 1.01;
  };
  const std::array<Work, 2> pair = {[&](int) { work(0.2); }, [&](int) { work(0.1); }};
  const InterleavedTiming times = measure_interleaved(pair, clock.options(50.0), 7);
  CHECK(times.ratios[1].median == Approx(2.0).epsilon(0.02));
  CHECK(times.ratios[1].low <= times.ratios[1].median);
  CHECK(times.ratios[1].high >= times.ratios[1].median);
  // The times themselves moved far more than their ratio.
  CHECK(times.contenders[0].high > 1.2 * times.contenders[0].low);
  CHECK(times.ratios[1].high < 1.05 * times.ratios[1].low);
  CHECK(times.ratios[0].median == 1.0);
}

TEST_CASE("blocks run every contender once, on the same sample, in changing order") {
  FakeClock clock;
  std::vector<std::pair<int, int>> runs;  // contender, sample
  std::vector<Work> contenders;
  for (int c = 0; c < 3; ++c)
    contenders.push_back([&, c](int sample) {
      runs.emplace_back(c, sample);
      clock.now += 0.1 * (c + 1);
    });
  SamplerOptions options = clock.options(1000.0);
  options.min_samples = 40;
  int blocks = 0, samples = 0;
  options.before_block = [&] { ++blocks; };
  options.before_sample = [&] { ++samples; };
  const InterleavedTiming times = measure_interleaved(contenders, options, 5);
  REQUIRE(runs.size() % 3 == 0);
  CHECK(blocks == static_cast<int>(runs.size() / 3));
  CHECK(samples == static_cast<int>(runs.size()));
  std::set<std::vector<int>> orders;
  for (size_t b = 0; b < runs.size() / 3; ++b) {
    std::vector<int> order;
    for (size_t i = 0; i < 3; ++i) {
      order.push_back(runs[3 * b + i].first);
      CHECK(runs[3 * b + i].second == static_cast<int>(b));
    }
    orders.insert(order);
    std::sort(order.begin(), order.end());
    CHECK(order == std::vector<int>{0, 1, 2});
  }
  CHECK(orders.size() == 6);
  CHECK(times.contenders[2].median == Approx(0.3));
  CHECK(times.ratios[2].median == Approx(1.0 / 3.0));
}

TEST_CASE("what runs before a sample is not in its time") {
  FakeClock clock;
  SamplerOptions options = clock.options();
  options.before_sample = [&] { clock.now += 5.0; };
  options.before_block = [&] { clock.now += 7.0; };
  CHECK(measure([&](int) { clock.now += 0.25; }, options).median == 0.25);
}

TEST_CASE("a device's own clock decides the samples, the host's clock the limit") {
  FakeClock clock;
  SamplerOptions options = clock.options(50.0);
  double device = 0.0;
  options.timed = [&](const Work& work, int sample) {
    device = 0.0;
    work(sample);
    clock.now += 1.0;  // launch and synchronization, which the device does not count
    return device;
  };
  const Timing timing = measure([&](int) { device += 0.02; }, options);
  CHECK(timing.median == Approx(0.02));
  CHECK(timing.settled);
  CHECK(timing.samples.size() < 50);
}

TEST_CASE("void samples of a throttled device are left out and counted, with their whole block") {
  FakeClock clock;
  SamplerOptions options = clock.options(100.0);
  options.min_samples = 20;
  int throttled = 0;
  options.timed = [&](const Work& work, int sample) {
    const double begin = clock.now;
    work(sample);
    if (sample >= 20 && sample % 4 == 3) {
      ++throttled;
      return std::numeric_limits<double>::quiet_NaN();
    }
    return clock.now - begin;
  };
  const std::array<Work, 2> pair = {[&](int i) { clock.now += i % 4 == 3 ? 0.9 : 0.2; },
                                    [&](int i) { clock.now += i % 4 == 3 ? 0.9 : 0.1; }};
  const InterleavedTiming times = measure_interleaved(pair, options, 1);
  CHECK(throttled > 0);
  CHECK(times.contenders[0].discarded > 0);
  CHECK(times.ratios[1].median == Approx(2.0));
  for (const Timing& timing : times.contenders)
    for (const double sample : timing.samples) CHECK_FALSE(std::isnan(sample));
}

TEST_CASE("a device that is throttled all the time ends without a time") {
  FakeClock clock;
  SamplerOptions options = clock.options(10.0);
  options.timed = [&](const Work&, int) {
    clock.now += 0.1;
    return std::numeric_limits<double>::quiet_NaN();
  };
  const Timing timing = measure([](int) {}, options);
  CHECK(timing.samples.empty());
  CHECK_FALSE(timing.settled);
}

TEST_CASE("the interval of the median has the order-statistic ranks") {
  std::vector<double> samples;
  for (int i = 1; i <= 20; ++i) samples.push_back(i);
  double median = 0, low = 0, high = 0;
  median_interval(samples, median, low, high);
  CHECK(median == 10.5);
  CHECK(low == 6.0);  // ranks 6 and 15 of 20: coverage 95.9 %
  CHECK(high == 15.0);
  samples.clear();
  for (int i = 1; i <= 5000; ++i) samples.push_back(i);
  median_interval(samples, median, low, high);  // beyond what 0.5^n can say in a double
  CHECK(low == Approx(2500.5 - 0.98 * std::sqrt(5000.0)).margin(1.5));
  CHECK(high == 5001 - low);
}

TEST_CASE("the 95 % interval of the median covers the true one, in 2000 seeded experiments each") {
  const int n = GENERATE(6, 9, 20, 75, 300);
  std::mt19937_64 random(static_cast<uint64_t>(n));
  std::lognormal_distribution<double> skewed(0.0, 0.5);  // its median is 1
  int covered = 0;
  std::vector<double> samples(static_cast<size_t>(n));
  for (int experiment = 0; experiment < 2000; ++experiment) {
    for (double& sample : samples) sample = skewed(random);
    double median = 0, low = 0, high = 0;
    median_interval(samples, median, low, high);
    covered += low <= 1.0 && 1.0 <= high ? 1 : 0;
  }
  CAPTURE(n, covered);
  CHECK(covered >= 1880);  // 94 %
}

TEST_CASE("stopping when the interval is narrow costs little of its coverage") {
  // Looking again and again for a narrow interval stops at lucky moments; looking rarely keeps most of the coverage.
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> noise(0.0, 0.03);
  int covered = 0, settled = 0;
  for (int experiment = 0; experiment < 500; ++experiment) {
    FakeClock clock;
    const Timing timing = measure([&](int) { clock.now += noise(random); }, clock.options(1e9));
    settled += timing.settled ? 1 : 0;
    covered += timing.low <= 1.0 && 1.0 <= timing.high ? 1 : 0;
  }
  CAPTURE(covered);
  CHECK(settled == 500);
  CHECK(covered >= 450);  // 90 %
}
