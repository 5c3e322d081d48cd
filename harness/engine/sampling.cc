#include "harness/engine/sampling.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "harness/engine/elementwise.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

// Most likely first, ties by id.
bool more_likely(const TokenProbability& a, const TokenProbability& b) {
  return a.probability != b.probability ? a.probability > b.probability : a.token < b.token;
}

void renormalize(std::vector<TokenProbability>& tokens) {
  double sum = 0;
  for (const TokenProbability& t : tokens) sum += t.probability;
  for (TokenProbability& t : tokens) t.probability /= sum;
}

void keep_top_k(std::vector<TokenProbability>& tokens, int64_t k) {
  if (k == 0 || k >= static_cast<int64_t>(tokens.size())) return;
  const double least = tokens[static_cast<size_t>(k - 1)].probability;
  std::erase_if(tokens, [&](const TokenProbability& t) { return t.probability < least; });
}

void keep_top_p(std::vector<TokenProbability>& tokens, double p) {
  if (p >= 1) return;
  double held = 0;
  size_t count = 0;
  while (count < tokens.size() && (count == 0 || held < p)) held += tokens[count++].probability;
  tokens.resize(count);
}

void keep_min_p(std::vector<TokenProbability>& tokens, double p) {
  const double least = p * tokens.front().probability;
  std::erase_if(tokens, [&](const TokenProbability& t) { return t.probability < least; });
}

}  // namespace

void check_sampling(const SamplingOptions& o) {
  if (!(o.temperature >= 0) || !std::isfinite(o.temperature) || o.top_k < 0 || !(o.top_p > 0 && o.top_p <= 1) ||
      !(o.min_p >= 0 && o.min_p <= 1))
    throw std::invalid_argument("sampling: expected temperature >= 0, top-k >= 0, 0 < top-p <= 1 and 0 <= min-p <= 1");
}

std::vector<TokenProbability> sampling_distribution(std::span<const float> logits, const SamplingOptions& options) {
  check_sampling(options);
  if (logits.empty()) throw std::invalid_argument("sampling: expected logits");
  const auto best = std::max_element(logits.begin(), logits.end());  // the first of equals
  if (!std::isfinite(*best)) throw std::invalid_argument("sampling: expected a finite largest logit");
  if (options.temperature == 0) return {{static_cast<int32_t>(best - logits.begin()), 1.0}};

  std::vector<TokenProbability> tokens;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) throw std::invalid_argument("sampling: a logit is not a number");
    const double x = (static_cast<double>(logits[i]) - static_cast<double>(*best)) / options.temperature;
    const double weight = canonical_exp(x);
    if (weight > 0) tokens.push_back({static_cast<int32_t>(i), weight});
  }
  renormalize(tokens);
  if (options.top_k > 0 || options.top_p < 1 || options.min_p > 0) {
    std::sort(tokens.begin(), tokens.end(), more_likely);
    keep_top_k(tokens, options.top_k);
    renormalize(tokens);
    keep_top_p(tokens, options.top_p);
    renormalize(tokens);
    keep_min_p(tokens, options.min_p);
    std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.token < b.token; });
    renormalize(tokens);
  }
  return tokens;
}

double counter_uniform(uint64_t seed, uint64_t stream, uint64_t counter) {
  const uint64_t bits = mix64(mix64(mix64(seed) ^ stream) ^ counter);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

int32_t sample_token(std::span<const float> logits, const SamplingOptions& options, uint64_t stream, uint64_t counter) {
  const std::vector<TokenProbability> tokens = sampling_distribution(logits, options);
  const double u = counter_uniform(options.seed, stream, counter);
  double below = 0;
  for (const TokenProbability& t : tokens) {
    below += t.probability;
    if (u < below) return t.token;
  }
  return tokens.back().token;  // rounding left a sliver above the sum
}

}  // namespace fp8bench
