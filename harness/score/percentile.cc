#include "harness/score/percentile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "harness/io/error.h"

namespace fp8bench {

namespace {

void require_values(size_t count) {
  if (count == 0) throw CheckError("percentile: no values");
}

// Between the values around a place in [0, n - 1].
double at_place(std::span<const double> sorted, double place) {
  const size_t below = static_cast<size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double t = place - static_cast<double>(below), low = sorted[below], high = sorted[below + 1];
  // From the nearer end, as numpy does: the result then never leaves [low, high].
  return t >= 0.5 ? high - (high - low) * (1 - t) : low + (high - low) * t;
}

}  // namespace

double percentile(std::span<const double> sorted, double fraction) {
  require_values(sorted.size());
  return at_place(sorted, static_cast<double>(sorted.size() - 1) * fraction);
}

double nearest_rank(std::span<const double> sorted, double fraction) {
  require_values(sorted.size());
  const double place = std::ceil(static_cast<double>(sorted.size()) * fraction - 1);
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(std::max(0.0, place)))];
}

double median_unbiased_percentile(std::span<const double> sorted, double fraction) {
  require_values(sorted.size());
  const double n = static_cast<double>(sorted.size());
  const double place = n * fraction + (1.0 / 3 + fraction * (1 - 1.0 / 3 - 1.0 / 3)) - 1;
  return at_place(sorted, std::clamp(place, 0.0, n - 1));
}

float llamacpp_percentile(std::span<const float> sorted, float fraction) {
  require_values(sorted.size());
  if (fraction <= 0) return sorted.front();
  if (fraction >= 1) return sorted.back();
  const float place = fraction * static_cast<float>(sorted.size() - 1);
  const size_t below = std::min(static_cast<size_t>(place), sorted.size() - 1);
  const float t = place - static_cast<float>(below);
  return (1 - t) * sorted[below] + t * sorted[std::min(below + 1, sorted.size() - 1)];
}

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> out(values.begin(), values.end());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace fp8bench
