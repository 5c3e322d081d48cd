// The visible table of operations that can be measured. One file per operation: it turns a case into contenders with
// their exact checks; verification, timing and printing are the same for all (runner.h).
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/cases/case_spec.h"
#include "bench/cases/weight_pool.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/environment.h"
#include "harness/measure/verified.h"

namespace fp8bench {

class ModelPool;

struct CaseContext {
  const Environment& environment;
  const Ceilings& ceilings;
  WeightPool& weights;
  uint64_t seed = 1;
  ModelPool* models = nullptr;  // of the operations that need whole checkpoints
};

// A case with its data in memory, which the contenders own.
struct BuiltCase {
  std::vector<Contender> contenders;  // ratios are against the first
  Mode mode = Mode::kRotate;
  Bound bound = Bound::kMemory;
  int sets = 1;
  double footprint =
      0.0;  // distinct bytes that the rotation of the smallest contender touches; 0: sets times its bytes
  bool cache_resident = false;                              // even rotated it fits a cache: no memory ceiling applies
  nlohmann::json facts = nlohmann::json::object();          // what the same case must reproduce: experts hit, load
  std::vector<std::pair<std::string, std::string>> absent;  // contenders that were asked for and cannot be: why
  // Another library's way to compute the same, timed by itself behind the others: its threads go on spinning for a
  // while after their work, and whoever ran beside them would share a core with them.
  std::vector<Contender> peers;
  std::function<nlohmann::json()> measured;  // asked after timing: energy; may be null
};

struct Op {
  std::string_view name;
  std::string_view summary;  // one line: what is computed, and what the contenders are
  std::span<const Axis> axes;
  BuiltCase (*build)(const CaseSpec& spec, const CaseContext& context);
};

std::span<const Op* const> ops();
const Op* find_op(std::string_view name);  // null if there is none
BuiltCase build_case(const CaseSpec& spec, const CaseContext& context);

// Defined one per file.
extern const Op kGemmOp, kGroupedGemmOp, kMoeLayerOp, kAttentionOp, kRouterOp, kRmsNormOp, kQuantizeOp, kRopeOp,
    kGeluMulOp, kHeadOp, kPpOp, kTgOp, kDivergenceOp;

// Axes that several operations share.
inline constexpr Axis kTokensAxis{"tokens", Axis::Kind::kCount, "", "", 1, 1 << 20, "rows of activations"};
inline constexpr Axis kInputAxis{
    "input", Axis::Kind::kChoice, "normal", "normal|uniform|zeros|outliers", 0, 0, "distribution of the activations"};
inline constexpr Axis kAccumulateAxis{"accumulate",
                                      Axis::Kind::kChoice,
                                      "f32",
                                      "f32|native",
                                      0,
                                      0,
                                      "canonical float32 chain, or the processor's matrix unit"};
inline constexpr Axis kModeAxis{
    "mode", Axis::Kind::kChoice, "rotate", "rotate|hot|cold", 0, 0, "what the caches hold when a sample begins"};
inline constexpr Axis kRoutingAxis{"routing",
                                   Axis::Kind::kChoice,
                                   "uniform",
                                   "uniform|zipf|recorded",
                                   0,
                                   0,
                                   "which experts the tokens take (routing.h)"};

Mode mode_of(const CaseSpec& spec);
// Of an operation with kAccumulateAxis.
bool is_native(const CaseSpec& spec);
ComputeUnit unit_of(bool native);

// Up to here decoding is bound by memory and every output is checked; above, the multiply-adds bound it and a seeded
// sample is checked.
inline constexpr int64_t kFewTokens = 8;

Bound bound_of(int64_t tokens);

// How many sets of data a rotation needs so that no cache serves them: their sum is beyond twice the last level.
// bytes: of one set. 1 for modes hot and cold.
int sets_to_rotate(const Environment& environment, Mode mode, double bytes);
// Whether that many still fit the last-level cache.
bool fits_cache(const Environment& environment, int sets, double bytes);

}  // namespace fp8bench
