// How far apart are two next-token distributions? p is the BF16 reference, q the candidate; everything in nats unless
// said.
//
// All arithmetic is double with canonical_exp and canonical_log, every sum runs in vocabulary order: the same logits
// give the same bits on every machine. Equal logits give exactly 0 for every divergence.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace fp8bench {

inline constexpr int32_t kNoToken = -1;
inline constexpr int kTopWords = 5;
// llama.cpp leaves words with ln p <= -16 out of its sum (tools/perplexity/perplexity.cpp).
inline constexpr double kLlamaCppCut = -16.0;

// One scored token: the distribution after some prefix, and the word that really came next (gold).
struct TokenDivergence {
  double kld = 0;             // KL(p||q) = sum p (ln p - ln q)
  double reverse_kld = 0;     // KL(q||p)
  double js = 0;              // Jensen-Shannon: (KL(p||m) + KL(q||m)) / 2, m = (p + q) / 2; at most ln 2
  double kld_llamacpp = 0;    // KL(p||q) over words with ln p > -16 only, unclamped: what llama.cpp prints
  double nll_ref = 0;         // -ln p(gold); 0 without a gold word
  double nll_cand = 0;        // -ln q(gold)
  double p_ref_gold = 0;      // p(gold), a ratio
  double p_cand_gold = 0;     // q(gold)
  double ref_confidence = 0;  // max p, a ratio
  int32_t top1_ref = kNoToken, top1_cand = kNoToken;  // ties to the lowest id
  int32_t top5_overlap = 0;                           // words in both top-5 lists, 0..5
  int32_t gold = kNoToken;
  int32_t sequence = 0;  // of the batch, filled by whoever walks it
  int32_t position = 0;  // of the token whose output was scored, from 0
  int32_t document = 0;  // the cluster of the bootstrap; the sequence unless set otherwise

  double delta_p() const { return p_cand_gold - p_ref_gold; }  // llama.cpp's Delta p, a ratio in [-1, 1]
  bool top1_equal() const { return top1_ref == top1_cand; }
};

// A distribution over the vocabulary, prepared once and compared with many. Reused as scratch: no allocation after the
// first.
struct WordDistribution {
  std::vector<double> logp;              // (vocab) ln p
  std::vector<double> p;                 // (vocab)
  std::array<int32_t, kTopWords> top{};  // ids, best first; kNoToken where the vocabulary has fewer words
};

// ln p_i = x_i - max - ln sum_j exp(x_j - max). -inf is a word of probability 0. Throws CheckError, naming the word, on
// NaN or +inf, and if there is no finite logit.
void set_from_logits(std::span<const float> logits, WordDistribution& out);
void set_from_logits(std::span<const double> logits, WordDistribution& out);

// The most likely word and what turns a logit into a log-probability, where nothing else is asked of a distribution:
// ln p_i = (x_i - max) - log_sum, the bits that set_from_logits gives. Throws as it does.
struct WordPrediction {
  int32_t argmax = kNoToken;  // ties to the lowest id
  double max = 0, log_sum = 0;
  double log_probability(float logit) const { return (static_cast<double>(logit) - max) - log_sum; }
};
WordPrediction predict_word(std::span<const float> logits);

// The same as lm-evaluation-harness has it from PyTorch on AVX2 (log_softmax of float32): eight float32 sums of every
// eighth exponential, one after the other, then added as ((0+4)+(2+6)) + ((1+5)+(3+7)). What is small beside a sum is
// lost, so ln p comes out some 1e-5 too large a token: 2.5e-3 over 150 tokens, which exact sums do not have and other
// vector widths have otherwise. log_probability_float32 rounds as PyTorch does.
WordPrediction predict_word_float32(std::span<const float> logits);
inline double log_probability_float32(const WordPrediction& p, float logit) {
  return static_cast<double>((logit - static_cast<float>(p.max)) - static_cast<float>(p.log_sum));
}

// From log-probabilities as they are (llama.cpp base files): p_i = exp(ln p_i), not renormalized.
void set_from_log_probabilities(std::span<const double> logp, WordDistribution& out);

// gold: id of the next word, or kNoToken. Throws CheckError on different vocabularies or a gold outside.
TokenDivergence token_divergence(const WordDistribution& reference, const WordDistribution& candidate, int32_t gold);

// Convenience for one pair of rows.
TokenDivergence token_divergence(std::span<const float> reference_logits, std::span<const float> candidate_logits,
                                 int32_t gold);

}  // namespace fp8bench
