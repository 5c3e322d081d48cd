// The rounding floor: FP8 against itself with the last bits of its activations nudged by a seed
// (EngineOptions::perturb_seed). Two correct FP8 engines differ by this much, so nothing smaller can be blamed on a
// checkpoint. One draw says little: several are combined into a mean and a spread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/score/divergence_summary.h"
#include "harness/score/paired.h"

namespace fp8bench {

struct FloorDraw {
  uint64_t seed = 0;
  double kld_mean = 0;  // FP8 against the nudged FP8, nats
  double same_top = 0;  // ratio
  bool has_tasks = false;
  PairedCounts flips;    // over the same items
  double gold_mean = 0;  // mean gold-log-probability difference, nats an item
};
FloorDraw floor_draw(uint64_t seed, const DivergenceSummary& summary);

struct Spread {                               // over draws
  double mean = 0, sd = 0, min = 0, max = 0;  // sd with n - 1; 0 with one draw
};
Spread spread(std::span<const double> values);

struct RoundingFloor {
  int64_t draws = 0, task_draws = 0;
  Spread kld_mean, same_top;
  Spread right_to_wrong, wrong_to_right, flips;  // counts a draw
  Spread gold_mean;
  double gold_effect = 0;  // largest |gold_mean| of the draws: GateOptions::gold_floor
};
RoundingFloor combine_floor(std::span<const FloorDraw> draws);

}  // namespace fp8bench
