// Further distances of two next-token distributions, beside the divergences of token_divergence.h. Nats unless said.
#pragma once
#include "harness/score/token_divergence.h"

namespace fp8bench {

double entropy(const WordDistribution& p);                                     // words of probability 0 add 0
double total_variation(const WordDistribution& p, const WordDistribution& q);  // sum |p - q| / 2, in [0, 1]
// weight KL(p||m) + (1 - weight) KL(q||m), m = weight p + (1 - weight) q; weight 1/2 is Jensen-Shannon. 0 < weight < 1.
double weighted_jensen_shannon(const WordDistribution& p, const WordDistribution& q, double weight);
// sqrt(js): a metric; what scipy's jensenshannon returns.
double jensen_shannon_distance(const TokenDivergence& divergence);

}  // namespace fp8bench
