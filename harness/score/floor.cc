#include "harness/score/floor.h"

#include <algorithm>
#include <cmath>

namespace fp8bench {

FloorDraw floor_draw(uint64_t seed, const DivergenceSummary& summary) {
  FloorDraw out;
  out.seed = seed;
  out.kld_mean = summary.kld.mean.value;
  out.same_top = summary.same_top.value;
  return out;
}

Spread spread(std::span<const double> values) {
  Spread out;
  if (values.empty()) return out;
  const double n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  out.mean = sum / n;
  for (const double v : values) squares += (v - out.mean) * (v - out.mean);
  out.sd = values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  out.min = *min;
  out.max = *max;
  return out;
}

RoundingFloor combine_floor(std::span<const FloorDraw> draws) {
  std::vector<double> kld, same_top, worse, better, flips, gold;
  RoundingFloor out;
  for (const FloorDraw& draw : draws) {
    kld.push_back(draw.kld_mean);
    same_top.push_back(draw.same_top);
    if (!draw.has_tasks) continue;
    worse.push_back(static_cast<double>(draw.flips.right_to_wrong));
    better.push_back(static_cast<double>(draw.flips.wrong_to_right));
    flips.push_back(static_cast<double>(draw.flips.flips()));
    gold.push_back(draw.gold_mean);
    out.gold_effect = std::max(out.gold_effect, std::fabs(draw.gold_mean));
  }
  out.draws = static_cast<int64_t>(kld.size());
  out.task_draws = static_cast<int64_t>(flips.size());
  out.kld_mean = spread(kld);
  out.same_top = spread(same_top);
  out.right_to_wrong = spread(worse);
  out.wrong_to_right = spread(better);
  out.flips = spread(flips);
  out.gold_mean = spread(gold);
  return out;
}

}  // namespace fp8bench
