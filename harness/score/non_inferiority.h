// "Not worse by more than the margin": H0 is a true difference <= -margin, so that a small p proves it. Without a
// single flip Wald's test is undefined; Tango's score test (paired.h) is not, and decides.
#pragma once
#include <cstdint>
#include <optional>

#include "harness/score/paired.h"

namespace fp8bench {

struct OneMargin {     // one of the forms of the test
  double z_lower = 0;  // (difference + margin) / error: positive is good
  double z_upper = 0;  // (difference - margin) / error
  double p = 1;        // of non-inferiority
  double p_tost = 1;   // of equivalence: the larger p of the two one-sided tests
};
struct NonInferiority {
  OneMargin score;                // Tango 1998
  std::optional<OneMargin> wald;  // population error; none without flips
  struct Student : OneMargin {    // sample error, n - 1 degrees of freedom: z_* are t statistics
    double p_upper = 1, df = 0;
  };
  std::optional<Student> student;  // as statsmodels' ttost_paired; none without spread
};
NonInferiority non_inferiority(const PairedCounts& counts, double margin);

// Exact and unconditional (after Hsueh, Liu and Chen 2001): tables ordered by the score z, the largest probability over
// the unknown share q of wrong->right, on a grid of q = (1 - margin) / 2 * i / (steps - 1). Time n^2 * steps; throws
// CheckError beyond kExactItems items.
inline constexpr int64_t kExactItems = 300;
struct ExactNonInferiority {
  double p = 1, q = 0;  // q: where the largest probability lies
};
ExactNonInferiority exact_non_inferiority(const PairedCounts& counts, double margin, int64_t steps = 1001);

}  // namespace fp8bench
