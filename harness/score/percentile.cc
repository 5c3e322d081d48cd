#include "harness/score/percentile.h"

#include <algorithm>
#include <cstddef>

#include "harness/io/error.h"

namespace fp8bench {

double percentile(std::span<const double> sorted, double fraction) {
  if (sorted.empty()) throw CheckError("percentile: no values");
  const double place = static_cast<double>(sorted.size() - 1) * fraction;
  const size_t below = static_cast<size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double t = place - static_cast<double>(below), low = sorted[below], high = sorted[below + 1];
  // From the nearer end, as numpy does: the result then never leaves [low, high].
  return t >= 0.5 ? high - (high - low) * (1 - t) : low + (high - low) * t;
}

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> out(values.begin(), values.end());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace fp8bench
