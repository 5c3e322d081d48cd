// Faults injected into the row itself: each must lose its time, and an honest neighbour must keep its own.
#include "harness/measure/verified.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace fp8bench;

namespace {

// A machine of its own: its clock advances by what the work "takes", its ceilings are round numbers.
struct Machine {
  double now = 0.0;
  Ceilings ceilings;
  VerifyOptions options;

  Machine() {
    ceilings.read_gb_s = 10.0;
    ceilings.fma_gflop_s = 100.0;
    ceilings.bf16_gflop_s = 200.0;
    options.sampling.clock = [this] { return now; };
    options.sampling.time_limit = 1000.0;
    options.sampling.max_samples = 40;
    options.sets = 4;
  }

  // 1 GB and 10 GFLOP: no honest sample is faster than 0.1 s.
  Contender contender(const std::string& name, double seconds, double error = 0.5) {
    Contender c;
    c.name = name;
    c.run = [this, seconds](int) { now += seconds; };
    c.check = [error](int) { return Check{error, 7}; };
    c.amount = {1e9, 1e10};
    c.unit = ComputeUnit::kFma;
    return c;
  }
};

}  // namespace

TEST_CASE("an honest row has its times, rates, share and ratio") {
  Machine machine;
  const std::array contenders = {machine.contender("slow", 0.4), machine.contender("fast", 0.2)};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  REQUIRE(row.contenders.size() == 2);
  CHECK_FALSE(row.wrong());
  CHECK_FALSE(row.too_fast());
  CHECK(row.contenders[1].timing.median == Approx(0.2));
  CHECK(row.contenders[1].gb_s == Approx(5.0));
  CHECK(row.contenders[1].gflop_s == Approx(50.0));
  CHECK(row.contenders[1].ceiling_share == Approx(0.5));
  CHECK(row.contenders[1].ratio.median == Approx(2.0));
  CHECK(row.contenders[1].before.outputs == 7);
  CHECK(row.contenders[1].detail.empty());
}

TEST_CASE("a wrong contender is never timed, its neighbour is") {
  Machine machine;
  int runs = 0;
  Contender wrong = machine.contender("wrong", 0.2, 1.5);
  wrong.run = [&](int) { ++runs; };
  const std::array contenders = {machine.contender("right", 0.4), wrong};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.wrong());
  CHECK(row.contenders[1].status == RowStatus::kWrong);
  CHECK(row.contenders[1].timing.samples.empty());
  CHECK(runs == machine.options.sets);  // once on every set, for the look before
  CHECK(row.contenders[0].status == RowStatus::kOk);
  CHECK(row.contenders[0].timing.median == Approx(0.4));
}

TEST_CASE("NaN and an empty comparison are wrong") {
  Machine machine;
  Contender nothing = machine.contender("nothing compared", 0.2), unchecked = machine.contender("no check", 0.2);
  nothing.check = [](int) { return Check{0.0, 0}; };
  unchecked.check = nullptr;
  const std::array contenders = {machine.contender("nan", 0.2, std::numeric_limits<double>::quiet_NaN()), nothing,
                                 unchecked};
  for (const ContenderResult& result : measure_verified(contenders, machine.options, machine.ceilings).contenders) {
    INFO(result.name);
    CHECK(result.status == RowStatus::kWrong);
    CHECK(result.gb_s == 0.0);
  }
}

TEST_CASE("a contender that spoils its output on its second run loses its time") {
  Machine machine;
  std::array<int, 4> runs{};
  Contender spoils = machine.contender("spoils", 0.2);
  spoils.run = [&](int sample) {
    machine.now += 0.2;
    ++runs[static_cast<size_t>(sample % 4)];
  };
  spoils.check = [&](int set) { return Check{runs[static_cast<size_t>(set)] > 1 ? 3.0 : 0.1, 7}; };
  const std::array contenders = {machine.contender("right", 0.4), spoils};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[1].status == RowStatus::kWrongAfter);
  CHECK(row.contenders[1].before.worst == 0.1);
  CHECK(row.contenders[1].after.worst == 3.0);
  CHECK(row.contenders[1].timing.samples.empty());
  CHECK(row.contenders[0].status == RowStatus::kOk);
}

TEST_CASE("a contender faster than memory or arithmetic is not believed") {
  Machine machine;
  Contender bytes = machine.contender("skips bytes", 0.05), flop = machine.contender("skips arithmetic", 0.05);
  bytes.unit = ComputeUnit::kNone;
  flop.amount.bytes = 0.0;
  const std::array contenders = {machine.contender("honest", 0.2), bytes, flop};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.too_fast());
  CHECK(row.contenders[0].status == RowStatus::kOk);
  CHECK(row.contenders[1].status == RowStatus::kTooFast);
  CHECK(row.contenders[2].status == RowStatus::kTooFast);
  CHECK(row.contenders[2].timing.samples.empty());
}

TEST_CASE("hot and cache-resident rows have no memory ceiling, but a compute ceiling") {
  Machine machine;
  Contender bytes = machine.contender("from the cache", 0.05), flop = machine.contender("skips arithmetic", 0.05);
  bytes.unit = ComputeUnit::kNone;
  const std::array contenders = {bytes, flop};
  machine.options.mode = Mode::kHot;
  VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[0].status == RowStatus::kOk);
  CHECK(row.contenders[1].status == RowStatus::kTooFast);
  machine.options.mode = Mode::kRotate;
  machine.options.cache_resident = true;
  row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[0].status == RowStatus::kOk);
  CHECK(row.contenders[1].status == RowStatus::kTooFast);
}

TEST_CASE("fresh ceilings can acquit a fast row, once") {
  Machine machine;
  const std::array contenders = {machine.contender("fast", 0.05)};
  int recalibrations = 0;
  const auto twice = [&] {
    ++recalibrations;
    Ceilings fresh = machine.ceilings;
    fresh.read_gb_s = 20.0;
    fresh.fma_gflop_s = 200.0;
    return fresh;
  };
  CHECK_FALSE(measure_verified(contenders, machine.options, machine.ceilings, twice).too_fast());
  CHECK(recalibrations == 1);
  const auto same = [&] {
    ++recalibrations;
    return machine.ceilings;
  };
  CHECK(measure_verified(contenders, machine.options, machine.ceilings, same).too_fast());
  CHECK(recalibrations == 2);
}

TEST_CASE("rows of mostly zeros are flagged") {
  Machine machine;
  Contender zeros = machine.contender("zeros", 0.2), half = machine.contender("half", 0.2);
  zeros.zero_share = 0.51;
  half.zero_share = 0.5;
  const std::array contenders = {zeros, half};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[0].detail == "mostly zeros");
  CHECK(row.contenders[0].status == RowStatus::kOk);
  CHECK(row.contenders[1].detail.empty());
}

TEST_CASE("hot runs the first set only, rotation all of them") {
  Machine machine;
  std::array<int, 4> runs{};
  Contender counts = machine.contender("counts", 0.2);
  counts.run = [&](int sample) {
    machine.now += 0.2;
    ++runs[static_cast<size_t>(sample % 4)];
  };
  const std::array contenders = {counts};
  measure_verified(contenders, machine.options, machine.ceilings);
  for (const int count : runs) CHECK(count > 1);
  runs = {};
  machine.options.mode = Mode::kHot;
  measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(runs[0] > 1);
  CHECK(runs[1] + runs[2] + runs[3] == 0);
}

TEST_CASE("a wrong baseline leaves the others their time but no ratio") {
  Machine machine;
  const std::array contenders = {machine.contender("wrong", 0.4, 2.0), machine.contender("right", 0.2)};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[1].timing.median == Approx(0.2));
  CHECK(row.contenders[1].ratio.median == 0.0);
}

TEST_CASE("cold rows have their caches swept before every sample, hot ones never") {
  Machine machine;
  machine.options.sampling.max_samples = 8;
  std::vector<std::string> events;
  machine.options.sweep = [&] { events.emplace_back("sweep"); };
  Contender a = machine.contender("a", 0.4), b = machine.contender("b", 0.2);
  a.run = b.run = [&](int) {
    events.emplace_back("run");
    machine.now += 0.2;
  };
  const std::array contenders = {a, b};
  measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(std::count(events.begin(), events.end(), "sweep") == 0);
  events.clear();
  machine.options.mode = Mode::kCold;
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  const size_t looks = 2 * static_cast<size_t>(machine.options.sets);  // before timing, both contenders
  REQUIRE(events.size() > looks + 16);
  for (size_t i = looks; i < events.size(); ++i) CHECK(events[i] == ((i - looks) % 2 == 0 ? "sweep" : "run"));
  CHECK(row.contenders[0].status == RowStatus::kOk);
}

TEST_CASE("what caches can hold of a rotation makes it as much faster, and no more") {
  Machine machine;
  machine.ceilings.cache_bytes = 1'000'000'000;  // a quarter of the four sets
  machine.ceilings.cache_read_gb_s = 100.0;
  // 1 GB: three quarters at 10 GB/s and one at 100: 0.0775 s; with the slack of 1.10, 0.0705 s.
  Contender possible = machine.contender("possible", 0.073), impossible = machine.contender("impossible", 0.068);
  possible.unit = impossible.unit = ComputeUnit::kNone;
  const std::array contenders = {possible, impossible};
  const auto statuses = [&] {
    const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
    return std::pair(row.contenders[0].status, row.contenders[1].status);
  };
  CHECK(statuses() == std::pair(RowStatus::kOk, RowStatus::kTooFast));
  machine.options.mode = Mode::kCold;  // nothing is in the caches
  machine.options.sweep = [] {};
  CHECK(statuses() == std::pair(RowStatus::kTooFast, RowStatus::kTooFast));
  machine.options.mode = Mode::kRotate;
  machine.options.footprint = 2e9;  // the sets share half of their bytes: half of it may be in the caches
  CHECK(statuses() == std::pair(RowStatus::kOk, RowStatus::kOk));
}

TEST_CASE("a contender that skips its work now and then is caught by its fast samples") {
  Machine machine;
  machine.options.sampling.min_samples = 40;
  int runs = 0;
  Contender skips = machine.contender("skips", 0.2);
  skips.run = [&](int) { machine.now += ++runs % 10 == 0 ? 0.001 : 0.2; };
  const std::array contenders = {skips};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.too_fast());
  CHECK(row.contenders[0].detail.find("5 % quantile") != std::string::npos);
}

TEST_CASE("one sample above a ceiling is named, not condemned") {
  Machine machine;
  machine.options.sampling.min_samples = 40;
  int runs = 0;
  Contender once = machine.contender("once", 0.2);
  once.run = [&](int) { machine.now += ++runs == 60 ? 0.001 : 0.2; };
  const std::array contenders = {once};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[0].status == RowStatus::kOk);
  CHECK(row.contenders[0].detail.find("1 of 40 samples above a ceiling") != std::string::npos);
}

TEST_CASE("a contender that answers from memory instead of computing is caught after its first round") {
  // It computes each set once and remembers: right every time, and impossible.
  Machine machine;
  std::array<bool, 4> known{};
  Contender remembers = machine.contender("remembers", 0.2);
  remembers.run = [&](int sample) {
    bool& seen = known[static_cast<size_t>(sample % 4)];
    machine.now += seen ? 0.0001 : 0.2;
    seen = true;
  };
  const std::array contenders = {machine.contender("honest", 0.4), remembers};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  CHECK(row.contenders[1].status == RowStatus::kTooFast);
  CHECK(row.contenders[1].ratio.median == 0.0);
  CHECK(row.contenders[0].status == RowStatus::kOk);
}

TEST_CASE("a wrong set other than the first is seen after timing") {
  Machine machine;
  machine.options.sampling.max_samples = 12;
  Contender wrong = machine.contender("wrong on the last set it ran", 0.2);
  int last = -1;
  wrong.run = [&](int sample) {
    machine.now += 0.2;
    last = sample % 4;
  };
  wrong.check = [&](int set) { return Check{set == last && set != 0 ? 9.0 : 0.1, 7}; };
  const std::array contenders = {wrong};
  const VerifiedRow row = measure_verified(contenders, machine.options, machine.ceilings);
  REQUIRE(last != 0);  // or there would be nothing to see
  CHECK(row.contenders[0].status == RowStatus::kWrongAfter);
}
