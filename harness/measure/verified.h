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
  double compute_ceiling = 0.0;  // GFLOP/s of the units it uses; 0: no compute ceiling
  double zero_share = 0.0;       // of its quantized inputs and weights; above one half the row is flagged
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
  uint64_t seed = 1;
};

// A sample above its ceiling is judged once more after `recalibrate` (which returns fresh ceilings; null: not again).
VerifiedRow measure_verified(std::span<const Contender> contenders, const VerifyOptions& options,
                             const Ceilings& ceilings, const std::function<Ceilings()>& recalibrate = {});

}  // namespace fp8bench
