#include "harness/measure/verified.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "harness/measure/cache_sweep.h"

namespace fp8bench {
namespace {

constexpr double kMostlyZero = 0.5;

bool passes(const Check& check) { return check.outputs > 0 && check.worst <= 1.0; }  // false for NaN

std::string describe(const Check& check) {
  if (check.outputs == 0) return "no output was compared";
  if (std::isnan(check.worst)) return "NaN";
  return fmt::format("error {:.3g} of the tolerance", check.worst);
}

void note(std::string& detail, const std::string& text) {
  if (!detail.empty()) detail += "; ";
  detail += text;
}

Check look(const Contender& contender, int set) { return contender.check ? contender.check(set) : Check{}; }

// The worse of two looks; NaN stays NaN.
Check worse(const Check& a, const Check& b) {
  Check check{std::max(a.worst, b.worst), a.outputs == 0 || b.outputs == 0 ? 0 : a.outputs + b.outputs};
  if (std::isnan(a.worst) || std::isnan(b.worst)) check.worst = std::nan("");
  return check;
}

class Row {
 public:
  Row(std::span<const Contender> contenders, const VerifyOptions& options, const Ceilings& ceilings)
      : contenders_(contenders), options_(options), ceilings_(ceilings), sets_(std::max(1, options.sets)) {
    row_.mode = options.mode;
    row_.bound = options.bound;
    row_.sets = options.mode == Mode::kHot ? 1 : sets_;
    if (options.mode != Mode::kCold) return;
    sweep_ = options.sweep;
    if (!sweep_) sweep_ = [caches = std::make_shared<CacheSweep>()] { (*caches)(); };
  }

  VerifiedRow run(const std::function<Ceilings()>& recalibrate) {
    verify_before();
    time();
    if (any_too_fast() && recalibrate) {
      // First the same samples against fresh ceilings, then once more with fresh samples: either may have been taken
      // while the machine ran slower than it can.
      ceilings_ = recalibrate();
      if (any_too_fast()) time();
    }
    verify_after();
    finish();
    return std::move(row_);
  }

 private:
  int set_of(int sample) const { return options_.mode == Mode::kHot ? 0 : sample % sets_; }

  // Every set once: it loads what a first run loads, and leaves an output on every set for later looks.
  void verify_before() {
    for (const Contender& contender : contenders_) {
      ContenderResult result;
      result.name = contender.name;
      result.amount = contender.amount;
      const int sets = row_.sets;
      for (int set = 0; set < sets; ++set) {
        contender.run(set);
        if (set == 0) result.before = look(contender, 0);
      }
      if (!passes(result.before)) {
        result.status = RowStatus::kWrong;
        result.detail = describe(result.before);
      } else {
        timed_.push_back(row_.contenders.size());
      }
      row_.contenders.push_back(std::move(result));
    }
  }

  void time() {
    std::vector<Work> works;
    last_sample_.assign(contenders_.size(), 0);
    for (const size_t c : timed_)
      works.push_back([this, c](int sample) {
        last_sample_[c] = sample;
        contenders_[c].run(set_of(sample));
      });
    SamplerOptions sampling = options_.sampling;
    if (sweep_)
      sampling.before_sample = [this, also = options_.sampling.before_sample] {
        if (also) also();
        sweep_();
      };
    const InterleavedTiming times = measure_interleaved(works, sampling, options_.seed);
    for (size_t i = 0; i < timed_.size(); ++i) {
      ContenderResult& result = row_.contenders[timed_[i]];
      result.timing = times.contenders[i];
      if (timed_.front() == 0) result.ratio = times.ratios[i];  // without contender 0 there is nothing to compare with
    }
  }

  // Share of the bytes that the caches may serve, at most: on a random walk through the rotation the chance that what
  // comes next is what they hold, on a cyclic one what the best replacement could keep.
  double cached_share(const Amount& amount) const {
    if (options_.mode == Mode::kHot || options_.cache_resident) return 1.0;
    if (options_.mode == Mode::kCold) return 0.0;
    const double footprint = options_.footprint > 0.0 ? options_.footprint : row_.sets * amount.bytes;
    return footprint > 0.0 ? std::min(1.0, static_cast<double>(ceilings_.cache_bytes) / footprint) : 1.0;
  }

  // The least time that the machine needs for the amount, by memory and by arithmetic; 0 where no ceiling applies.
  double memory_seconds(size_t c) const {
    const Amount& amount = contenders_[c].amount;
    const double share = cached_share(amount);
    if (share >= 1.0 || ceilings_.read_gb_s <= 0.0) return 0.0;
    const double cached = ceilings_.cache_read_gb_s > 0.0 ? share / ceilings_.cache_read_gb_s : 0.0;
    return amount.bytes / 1e9 * ((1.0 - share) / ceilings_.read_gb_s + cached);
  }
  double compute_seconds(size_t c) const {
    const double ceiling = ceilings_.gflop_s(contenders_[c].unit);
    return ceiling > 0.0 ? contenders_[c].amount.flop / ceiling / 1e9 : 0.0;
  }

  // Below this no median is believed.
  double possible_seconds(size_t c) const {
    return std::max(memory_seconds(c) / kMemorySlack, compute_seconds(c) / kComputeSlack);
  }

  bool too_fast(size_t c) const {
    const Timing& timing = row_.contenders[c].timing;
    if (timing.samples.empty()) return false;
    return timing.median < possible_seconds(c) ||
           timing.p5 < std::max(memory_seconds(c), compute_seconds(c)) / kTailSlack;
  }

  bool any_too_fast() const {
    return std::any_of(timed_.begin(), timed_.end(), [this](size_t c) { return too_fast(c); });
  }

  void verify_after() {
    for (const size_t c : timed_) {
      ContenderResult& result = row_.contenders[c];
      const int last = set_of(last_sample_[c]);
      result.after = look(contenders_[c], last);
      if (last != 0) result.after = worse(result.after, look(contenders_[c], 0));
      if (passes(result.after)) continue;
      result.status = RowStatus::kWrongAfter;
      result.detail = describe(result.after);
    }
  }

  void finish() {
    for (const size_t c : timed_) {
      ContenderResult& result = row_.contenders[c];
      const Timing& timing = result.timing;
      if (result.status == RowStatus::kOk && timing.samples.empty()) note(result.detail, "no valid sample");
      if (result.status == RowStatus::kOk && !timing.samples.empty()) rate(c, result);
      if (result.status == RowStatus::kOk) continue;
      result.timing = {};
      result.ratio = {};
    }
    // A baseline without a time gives nobody a ratio.
    if (!row_.contenders.empty() && row_.contenders[0].status != RowStatus::kOk)
      for (ContenderResult& result : row_.contenders) result.ratio = {};
    for (size_t c = 0; c < contenders_.size(); ++c)
      if (contenders_[c].zero_share > kMostlyZero) note(row_.contenders[c].detail, "mostly zeros");
  }

  void rate(size_t c, ContenderResult& result) {
    const Timing& timing = result.timing;
    const double memory = memory_seconds(c), compute = compute_seconds(c);
    if (too_fast(c)) {
      result.status = RowStatus::kTooFast;
      const double fastest = timing.median < possible_seconds(c) ? timing.median : timing.p5;
      result.detail =
          fmt::format("{} at {:.0f} % of the {} ceiling", fastest < timing.median ? "5 % quantile" : "median",
                      100 * std::max(memory, compute) / fastest, memory > compute ? "memory" : "compute");
      return;
    }
    result.gb_s = result.amount.bytes / timing.median / 1e9;
    result.gflop_s = result.amount.flop / timing.median / 1e9;
    // Of the plain ceiling, which is the one that tables show; the caches' help only decides what is possible.
    if (options_.bound == Bound::kCompute && compute > 0.0) result.ceiling_share = compute / timing.median;
    if (options_.bound == Bound::kMemory && memory > 0.0) result.ceiling_share = result.gb_s / ceilings_.read_gb_s;
    const double possible = possible_seconds(c);
    const auto above =
        std::count_if(timing.samples.begin(), timing.samples.end(), [&](double seconds) { return seconds < possible; });
    if (above > 0) note(result.detail, fmt::format("{} of {} samples above a ceiling", above, timing.samples.size()));
    if (!timing.settled) note(result.detail, "not settled");
  }

  std::span<const Contender> contenders_;
  const VerifyOptions& options_;
  Ceilings ceilings_;
  int sets_;
  std::function<void()> sweep_;  // kCold only
  std::vector<size_t> timed_;    // contenders that passed the first look
  std::vector<int> last_sample_;
  VerifiedRow row_;
};

}  // namespace

std::string_view row_status_name(RowStatus status) {
  switch (status) {
    case RowStatus::kOk:
      return "ok";
    case RowStatus::kWrong:
      return "wrong";
    case RowStatus::kWrongAfter:
      return "wrong after timing";
    case RowStatus::kTooFast:
      return "faster than the machine";
  }
  return "unknown";
}

bool VerifiedRow::wrong() const {
  return std::any_of(contenders.begin(), contenders.end(), [](const ContenderResult& c) {
    return c.status == RowStatus::kWrong || c.status == RowStatus::kWrongAfter;
  });
}

bool VerifiedRow::too_fast() const {
  return std::any_of(contenders.begin(), contenders.end(),
                     [](const ContenderResult& c) { return c.status == RowStatus::kTooFast; });
}

VerifiedRow measure_verified(std::span<const Contender> contenders, const VerifyOptions& options,
                             const Ceilings& ceilings, const std::function<Ceilings()>& recalibrate) {
  return Row(contenders, options, ceilings).run(recalibrate);
}

}  // namespace fp8bench
