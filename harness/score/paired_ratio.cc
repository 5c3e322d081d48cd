#include "harness/score/paired_ratio.h"

#include <vector>

#include "harness/io/error.h"
#include "harness/score/normal.h"
#include "harness/score/paired.h"
#include "kernels/canonical_math.h"

namespace fp8bench {

std::optional<PairedRatio> paired_ratio(std::span<const double> reference, std::span<const double> candidate,
                                        std::span<const int64_t> clusters, double level) {
  if (reference.size() != candidate.size()) throw CheckError("paired ratio: expected two equally long lists");
  double below = 0, above = 0;
  for (const double x : reference) below += x;
  for (const double x : candidate) above += x;
  if (!(below > 0) || !(above > 0)) return std::nullopt;
  const double n = static_cast<double>(reference.size());
  std::vector<double> influence(reference.size());
  for (size_t i = 0; i < influence.size(); ++i) influence[i] = n * (candidate[i] / above - reference[i] / below);
  PairedRatio out;
  out.ratio = above / below;
  // The population form: with it the identity of the header holds.
  out.log_error = paired_mean(influence, clusters).population_error;
  const double reach = normal_quantile(0.5 + 0.5 * level) * out.log_error;
  out.interval = {out.ratio * canonical_exp(-reach), out.ratio * canonical_exp(reach)};
  return out;
}

}  // namespace fp8bench
