// Verify, then time, verify again: a contender whose output is outside its tolerance of the exact reference has no
// time, one that spoils its output on a later run loses it, and one that is faster than the machine is not believed.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/ceilings.h"
#include "harness/measure/sampler.h"

namespace fp8bench {

struct Check {
  double worst = 0.0;   // largest |result - exact| / tolerance; above 1 the output is wrong; NaN counts as wrong
  int64_t outputs = 0;  // compared with the exact reference
};

// What one sample moves and computes, from the problem's size, not from the kernel.
struct Amount {
  double bytes = 0.0;  // least traffic with main memory: weights once in their own dtype, inputs, outputs
  double flop = 0.0;   // a multiply-add counts two
};

enum class Bound { kMemory, kCompute };  // which ceiling the row is shown against

// One way to compute the row: "bf16", "f8", "onednn f32" ...
struct Contender {
  std::string name;
  Work run;                             // on data set i % sets
  std::function<Check(int set)> check;  // of the output that the last run on this set left
  Amount amount;
  ComputeUnit unit = ComputeUnit::kNone;  // kNone: no compute ceiling
  double zero_share = 0.0;                // of its quantized inputs and weights; above one half the row is flagged
};

enum class RowStatus { kOk, kWrong, kWrongAfter, kTooFast };
std::string_view row_status_name(RowStatus status);  // "ok", "wrong", "wrong after timing", "faster than the machine"

struct ContenderResult {
  std::string name;
  RowStatus status = RowStatus::kOk;
  std::string detail;  // of a status that is not ok, and flags: "mostly zeros", "not settled"
  Check before, after;
  Timing timing;  // empty unless kOk
  Amount amount;
  double gb_s = 0.0, gflop_s = 0.0;
  double ceiling_share = 0.0;      // of the row's bound
  InterleavedTiming::Ratio ratio;  // time of contender 0 / time of this one
};

struct VerifiedRow {
  Mode mode = Mode::kRotate;
  Bound bound = Bound::kMemory;
  int sets = 1;
  std::vector<ContenderResult> contenders;
  bool wrong() const;
  bool too_fast() const;
};

struct VerifyOptions {
  SamplerOptions sampling;
  Mode mode = Mode::kRotate;
  Bound bound = Bound::kMemory;
  int sets = 1;                 // sets of data to rotate over; kHot uses the first
  bool cache_resident = false;  // the data fits in a cache by nature: no memory ceiling applies
  double footprint = 0.0;       // distinct bytes that the rotation touches; 0: sets times the amount's bytes
  uint64_t seed = 1;
  std::function<void()> sweep;  // kCold: puts other data into the caches; null: CacheSweep of this machine
};

// When is a time impossible? Against the least time that the machine needs for the amount:
//   memory: bytes / read ceiling, where caches that hold a share h of what the rotation touches serve that share at
//   their
//     own best rate (cold: h = 0; a rotation that fits in the caches has no memory ceiling, nor have kHot and
//     cache_resident rows);
//   compute: flop / compute ceiling, in every mode.
// Impossible is a median more than kMemorySlack or kComputeSlack below that, or a 5 % quantile more than kTailSlack
// below it (work that is skipped now and then). A sample beyond the slack in an otherwise possible row is counted and
// named: one clock tick is not a law of nature.
//   kComputeSlack: the multiply-add ceilings repeat to half a percent and meet the processor's operations per cycle
//     exactly; what is left is turbo, which may have been a few steps lower when they were measured.
//   kMemorySlack: memory is shared with neighbours that nobody here sees; the best of two dozen passes still moves by
//     several percent from one hour to the next.
// Too fast rows are judged against fresh ceilings (`recalibrate`; null: not again), then timed and judged once more:
// either measurement may have been taken while the machine was slower than it can be.
inline constexpr double kComputeSlack = 1.05, kMemorySlack = 1.10, kTailSlack = 1.25;

VerifiedRow measure_verified(std::span<const Contender> contenders, const VerifyOptions& options,
                             const Ceilings& ceilings, const std::function<Ceilings()>& recalibrate = {});

}  // namespace fp8bench
