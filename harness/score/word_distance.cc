#include "harness/score/word_distance.h"

#include <algorithm>
#include <cmath>

#include "harness/io/error.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

void require_same_words(const WordDistribution& p, const WordDistribution& q) {
  if (p.p.size() != q.p.size()) throw CheckError("distance of distributions: expected one vocabulary, found two");
}

}  // namespace

double entropy(const WordDistribution& p) {
  double sum = 0;
  for (size_t i = 0; i < p.p.size(); ++i)
    if (p.p[i] > 0) sum -= p.p[i] * p.logp[i];
  return sum;
}

double total_variation(const WordDistribution& p, const WordDistribution& q) {
  require_same_words(p, q);
  double sum = 0;
  for (size_t i = 0; i < p.p.size(); ++i) sum += std::fabs(p.p[i] - q.p[i]);
  return sum / 2;
}

double weighted_jensen_shannon(const WordDistribution& p, const WordDistribution& q, double weight) {
  require_same_words(p, q);
  double sum = 0;
  for (size_t i = 0; i < p.p.size(); ++i) {
    const double a = p.p[i], b = q.p[i], middle = weight * a + (1 - weight) * b;
    if (a > 0) sum += weight * a * canonical_log(a / middle);
    if (b > 0) sum += (1 - weight) * b * canonical_log(b / middle);
  }
  return std::max(0.0, sum);
}

double jensen_shannon_distance(const TokenDivergence& divergence) { return std::sqrt(std::max(0.0, divergence.js)); }

}  // namespace fp8bench
