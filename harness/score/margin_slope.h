// What quantization does to decision margins. The margin of a choice item is ln p of the right answer minus ln p of the
// best wrong one: positive is right. Rounding noise flips items whose margin was small; a checkpoint that is really
// worse shrinks all margins (slope below 1) and flips items that were clear.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/score/percentile.h"

namespace fp8bench {

struct MarginBand {          // items between two quantiles of the reference's |margin|
  double low = 0, high = 0;  // nats
  int64_t items = 0, flips = 0;
};
struct MarginSlope {
  double slope = 0;  // least squares of the candidate's margin on the reference's
  double error = 0;  // heteroscedasticity-robust (HC1), by cluster where given
  double intercept = 0;
  std::vector<MarginBand> bands;  // four, from the closest calls up
  // Logistic regression of "flipped" on |margin| of the reference: change of the log-odds of a flip per nat. None
  // without flips, with nothing but flips, or where the two are perfectly separated.
  std::optional<double> flip_slope;
  double flip_slope_error = 0;
};
// None with fewer than 8 items or without spread of the reference's margins. Throws CheckError on different lengths.
std::optional<MarginSlope> margin_slope(std::span<const double> reference, std::span<const double> candidate,
                                        std::span<const int64_t> clusters = {});

}  // namespace fp8bench
