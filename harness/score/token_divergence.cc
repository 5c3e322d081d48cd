#include "harness/score/token_divergence.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "harness/io/error.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

// Inserts word i into the list if it beats an entry. Strictly greater: equal values keep the lower id in front.
template <class Value>
void insert_top(std::span<const Value> values, int32_t i, std::array<int32_t, kTopWords>& top) {
  int place = kTopWords;
  while (place > 0 && (top[place - 1] == kNoToken || values[i] > values[top[place - 1]])) --place;
  if (place == kTopWords) return;
  for (int j = kTopWords - 1; j > place; --j) top[j] = top[j - 1];
  top[place] = i;
}

template <class Value>
void find_top(std::span<const Value> values, const char* what, std::array<int32_t, kTopWords>& top) {
  top.fill(kNoToken);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] < std::numeric_limits<Value>::infinity())) {
      throw CheckError(fmt::format("{} of word {}: expected a finite number, found {}", what, i, values[i]));
    }
    if (top[kTopWords - 1] == kNoToken || values[i] > values[top[kTopWords - 1]]) {
      insert_top(values, static_cast<int32_t>(i), top);
    }
  }
  if (top[0] == kNoToken || values[top[0]] == -std::numeric_limits<Value>::infinity()) {
    throw CheckError(fmt::format("{}: expected at least one finite value in {} words", what, values.size()));
  }
}

template <class Value>
void log_softmax(std::span<const Value> logits, WordDistribution& out) {
  find_top(logits, "logit", out.top);
  const size_t words = logits.size();
  const double max = logits[out.top[0]];
  out.logp.resize(words);
  out.p.resize(words);
  for (size_t i = 0; i < words; ++i) out.logp[i] = logits[i] - max;
  canonical_exp(out.logp.data(), out.p.data(), static_cast<int64_t>(words));
  double sum = 0;
  for (size_t i = 0; i < words; ++i) sum += out.p[i];
  const double log_sum = canonical_log(sum);
  for (size_t i = 0; i < words; ++i) {
    out.logp[i] -= log_sum;
    out.p[i] /= sum;
  }
}

// 2 * JS of one word, a >= b > 0 or b = 0: a ln(a/m) + b ln(b/m) with m = (a + b) / 2. Written with ln(m/a) = ln((1 +
// b/a) / 2), which is exactly 0 where the two are equal, and with the larger one in the denominator so that it cannot
// overflow.
double jensen_shannon_term(double a, double log_a, double b, double log_b) {
  const double log_ratio = canonical_log(0.5 + 0.5 * (b / a));
  return b == 0 ? -a * log_ratio : b * ((log_b - log_a) - log_ratio) - a * log_ratio;
}

int32_t shared_top(const WordDistribution& a, const WordDistribution& b) {
  int32_t shared = 0;
  for (const int32_t word : a.top) {
    if (word == kNoToken) continue;
    for (const int32_t other : b.top) shared += word == other;
  }
  return shared;
}

// The sum of non-negative numbers, but each term can have either sign: rounding may leave -1e-18. Written so that NaN
// passes through.
double not_negative(double x) { return x < 0 ? 0.0 : x; }

void add_gold(const WordDistribution& p, const WordDistribution& q, int32_t gold, TokenDivergence& out) {
  if (gold == kNoToken) return;
  if (gold < 0 || static_cast<size_t>(gold) >= p.p.size()) {
    throw CheckError(fmt::format("gold word: expected an id below {}, found {}", p.p.size(), gold));
  }
  out.gold = gold;
  out.nll_ref = -p.logp[gold];
  out.nll_cand = -q.logp[gold];
  out.p_ref_gold = p.p[gold];
  out.p_cand_gold = q.p[gold];
}

}  // namespace

void set_from_logits(std::span<const float> logits, WordDistribution& out) { log_softmax(logits, out); }
void set_from_logits(std::span<const double> logits, WordDistribution& out) { log_softmax(logits, out); }

namespace {

// argmax and max; throws, naming the word, on what is no distribution.
WordPrediction largest_word(std::span<const float> logits) {
  float max = -std::numeric_limits<float>::infinity();
  bool finite = !logits.empty();
  for (const float x : logits) {
    finite = finite && x < std::numeric_limits<float>::infinity();  // false for NaN
    max = x > max ? x : max;
  }
  WordPrediction out;
  if (!finite || max == -std::numeric_limits<float>::infinity()) {
    std::array<int32_t, kTopWords> top;
    find_top(logits, "logit", top);  // names the word
  }
  out.argmax = static_cast<int32_t>(std::find(logits.begin(), logits.end(), max) - logits.begin());
  out.max = static_cast<double>(max);
  return out;
}

constexpr size_t kBlock = 1024;  // stays in the first-level cache

// exp of each of the differences that `difference` gives, block by block.
template <class Difference, class Use>
void for_exponentials(size_t words, const Difference& difference, const Use& use) {
  std::array<double, kBlock> terms;
  for (size_t begin = 0; begin < words; begin += kBlock) {
    const size_t count = std::min(kBlock, words - begin);
    for (size_t i = 0; i < count; ++i) terms[i] = difference(begin + i);
    canonical_exp(terms.data(), terms.data(), static_cast<int64_t>(count));
    use(std::span<const double>(terms).first(count));
  }
}

}  // namespace

WordPrediction predict_word(std::span<const float> logits) {
  WordPrediction out = largest_word(logits);
  double sum = 0;
  for_exponentials(
      logits.size(), [&](size_t i) { return static_cast<double>(logits[i]) - out.max; },
      [&](std::span<const double> terms) {
        for (const double term : terms) sum += term;
      });
  out.log_sum = canonical_log(sum);
  return out;
}

WordPrediction predict_word_float32(std::span<const float> logits) {
  WordPrediction out = largest_word(logits);
  const float max = static_cast<float>(out.max);
  constexpr size_t kLanes = 8;  // a block begins in lane 0
  static_assert(kBlock % kLanes == 0);
  std::array<float, kLanes> sums{};
  for_exponentials(
      logits.size(), [&](size_t i) { return static_cast<double>(logits[i] - max); },
      [&](std::span<const double> terms) {
        for (size_t i = 0; i < terms.size(); ++i) sums[i % kLanes] += static_cast<float>(terms[i]);
      });
  const float sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  out.log_sum = static_cast<double>(static_cast<float>(canonical_log(static_cast<double>(sum))));
  return out;
}

void set_from_log_probabilities(std::span<const double> logp, WordDistribution& out) {
  find_top(logp, "log-probability", out.top);
  out.logp.assign(logp.begin(), logp.end());
  out.p.resize(logp.size());
  canonical_exp(logp.data(), out.p.data(), static_cast<int64_t>(logp.size()));
}

TokenDivergence token_divergence(const WordDistribution& reference, const WordDistribution& candidate, int32_t gold) {
  const size_t words = reference.p.size();
  if (candidate.p.size() != words) {
    throw CheckError(
        fmt::format("vocabulary of the candidate: expected {} words, found {}", words, candidate.p.size()));
  }
  TokenDivergence out;
  double js = 0;
  for (size_t i = 0; i < words; ++i) {
    const double p = reference.p[i], q = candidate.p[i], log_p = reference.logp[i], log_q = candidate.logp[i];
    if (p > 0) {
      const double term = p * (log_p - log_q);
      out.kld += term;
      if (log_p > kLlamaCppCut) out.kld_llamacpp += term;
    }
    if (q > 0) out.reverse_kld += q * (log_q - log_p);
    if (p >= q && p > 0) js += jensen_shannon_term(p, log_p, q, log_q);
    if (q > p) js += jensen_shannon_term(q, log_q, p, log_p);
  }
  out.kld = not_negative(out.kld);
  out.reverse_kld = not_negative(out.reverse_kld);
  out.js = not_negative(0.5 * js);
  out.top1_ref = reference.top[0];
  out.top1_cand = candidate.top[0];
  out.top5_overlap = shared_top(reference, candidate);
  out.ref_confidence = reference.p[out.top1_ref];
  add_gold(reference, candidate, gold, out);
  return out;
}

TokenDivergence token_divergence(std::span<const float> reference_logits, std::span<const float> candidate_logits,
                                 int32_t gold) {
  WordDistribution reference, candidate;
  set_from_logits(reference_logits, reference);
  set_from_logits(candidate_logits, candidate);
  return token_divergence(reference, candidate, gold);
}

}  // namespace fp8bench
