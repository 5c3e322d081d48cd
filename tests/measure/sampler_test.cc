// The instrument is tested harder than what it measures: synthetic clocks with known medians.
#include "harness/measure/sampler.h"

#include <array>
#include <catch2/catch.hpp>

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
}

TEST_CASE("a bimodal clock does not settle and says so") {
  FakeClock clock;
  const Timing timing = measure([&](int i) { clock.now += i % 2 == 0 ? 0.1 : 0.2; }, clock.options(20.0));
  CHECK_FALSE(timing.settled);
  CHECK(timing.low == Approx(0.1));
  CHECK(timing.high == Approx(0.2));
}

TEST_CASE("warm-up samples are left out") {
  FakeClock clock;
  const Timing timing = measure([&](int i) { clock.now += i == 0 ? 5.0 : 0.01; }, clock.options(1000.0));
  CHECK(timing.median == Approx(0.01));
  for (const double sample : timing.samples) CHECK(sample < 1.0);
}

TEST_CASE("the time limit ends a slow work with at least one sample") {
  FakeClock clock;
  const Timing timing = measure([&](int) { clock.now += 10.0; }, clock.options(1.0));
  CHECK(timing.samples.size() == 1);
  CHECK_FALSE(timing.settled);
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
}

TEST_CASE("the interval of the median has the order-statistic ranks") {
  std::vector<double> samples;
  for (int i = 1; i <= 20; ++i) samples.push_back(i);
  double median = 0, low = 0, high = 0;
  median_interval(samples, median, low, high);
  CHECK(median == 10.5);
  CHECK(low == 6.0);  // ranks 6 and 15 of 20: coverage 95.9 %
  CHECK(high == 15.0);
}
