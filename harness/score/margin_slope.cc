#include "harness/score/margin_slope.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "harness/io/error.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

constexpr size_t kBands = 4;

// Newton's method for logit P(flip) = a + b x. Diverges, and is then given up, where a threshold of x separates the
// flips from the rest.
void fit_flips(std::span<const double> x, const std::vector<bool>& flipped, MarginSlope& out) {
  const auto flips = std::count(flipped.begin(), flipped.end(), true);
  if (flips == 0 || static_cast<size_t>(flips) == flipped.size()) return;
  double a = 0, b = 0;
  for (int step = 0; step < 50; ++step) {
    double ga = 0, gb = 0, haa = 0, hab = 0, hbb = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double p = 1 / (1 + canonical_exp(-(a + b * x[i]))), miss = (flipped[i] ? 1.0 : 0.0) - p, w = p * (1 - p);
      ga += miss;
      gb += miss * x[i];
      haa += w;
      hab += w * x[i];
      hbb += w * x[i] * x[i];
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12 * haa * hbb)) return;
    const double da = (hbb * ga - hab * gb) / determinant, db = (haa * gb - hab * ga) / determinant;
    a += da;
    b += db;
    if (!(std::fabs(a) < 500) || !(std::fabs(b) < 500)) return;
    if (std::fabs(da) + std::fabs(db) < 1e-10) {
      out.flip_slope = b;
      out.flip_slope_error = std::sqrt(haa / determinant);
      return;
    }
  }
}

void fit_line(std::span<const double> x, std::span<const double> y, std::span<const int64_t> clusters,
              MarginSlope& out) {
  const double n = static_cast<double>(x.size());
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n, my = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) xx += (x[i] - mx) * (x[i] - mx), xy += (x[i] - mx) * (y[i] - my);
  out.slope = xy / xx;
  out.intercept = my - out.slope * mx;
  std::unordered_map<int64_t, size_t> index;
  std::vector<double> score;  // by cluster, in the order met
  for (size_t i = 0; i < x.size(); ++i) {
    const auto [place, is_new] =
        index.try_emplace(clusters.empty() ? static_cast<int64_t>(i) : clusters[i], index.size());
    if (is_new) score.push_back(0);
    score[place->second] += (x[i] - mx) * (y[i] - out.intercept - out.slope * x[i]);
  }
  double squares = 0;
  for (const double s : score) squares += s * s;
  const double g = static_cast<double>(score.size());
  if (g > 1) out.error = std::sqrt(squares * g / (g - 1) * (n - 1) / (n - 2)) / xx;
}

}  // namespace

std::optional<MarginSlope> margin_slope(std::span<const double> reference, std::span<const double> candidate,
                                        std::span<const int64_t> clusters) {
  if (reference.size() != candidate.size() || (!clusters.empty() && clusters.size() != reference.size()))
    throw CheckError("margin slope: expected lists of one length");
  if (reference.size() < 2 * kBands) return std::nullopt;
  const auto [least, most] = std::minmax_element(reference.begin(), reference.end());
  if (!(*most > *least)) return std::nullopt;
  MarginSlope out;
  fit_line(reference, candidate, clusters, out);
  std::vector<double> size(reference.size());
  std::vector<bool> flipped(reference.size());
  for (size_t i = 0; i < size.size(); ++i) {
    size[i] = std::fabs(reference[i]);
    flipped[i] = (reference[i] > 0) != (candidate[i] > 0);
  }
  const std::vector<double> sorted = sorted_copy(size);
  for (size_t band = 0; band < kBands; ++band) {
    const auto edge = [&](size_t k) {
      return percentile(sorted, static_cast<double>(k) / static_cast<double>(kBands));
    };
    MarginBand one{edge(band), edge(band + 1), 0, 0};
    for (size_t i = 0; i < size.size(); ++i) {
      const bool inside = size[i] >= one.low && (size[i] < one.high || (band + 1 == kBands && size[i] <= one.high));
      one.items += inside;
      one.flips += inside && flipped[i];
    }
    out.bands.push_back(one);
  }
  fit_flips(size, flipped, out);
  return out;
}

}  // namespace fp8bench
