// Intervals of one proportion k / n, two-sided. Wilson 1927; Newcombe 1998 (Stat Med 17:857) for its continuity
// correction; Clopper and Pearson 1934; Agresti and Coull 1998; Jeffreys' prior (Brown, Cai, DasGupta 2001). Equal to
// scipy's and statsmodels'.
#pragma once
#include <cstdint>

#include "harness/score/percentile.h"

namespace fp8bench {

// 0 <= k <= n, n >= 1; level in (0, 1). Ratios.
Bounds wilson_interval(int64_t k, int64_t n, double level = 0.95);  // exactly 0 at k = 0, 1 at k = n
Bounds wilson_interval_corrected(int64_t k, int64_t n, double level = 0.95);
Bounds clopper_pearson_interval(int64_t k, int64_t n, double level = 0.95);
Bounds agresti_coull_interval(int64_t k, int64_t n, double level = 0.95);  // clipped to [0, 1]
Bounds jeffreys_interval(int64_t k, int64_t n, double level = 0.95);
double wilson_lower(int64_t k, int64_t n, double confidence = 0.95);  // one-sided

}  // namespace fp8bench
