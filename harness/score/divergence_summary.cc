#include "harness/score/divergence_summary.h"

#include <fmt/core.h>

#include <cmath>
#include <stdexcept>
#include <unordered_map>

#include "harness/io/error.h"
#include "kernels/canonical_math.h"

namespace fp8bench {
namespace {

// Below this llama.cpp prints no uncertainty.
constexpr size_t kFewTokens = 10;

// E[x^2] - E[x]^2 over n - 1, taken in two passes: the same number as llama.cpp's difference of means of squares,
// without the cancellation that makes its self-comparison print "-nan".
PlusMinus mean_of(std::span<const double> x) {
  const double n = static_cast<double>(x.size());
  double sum = 0;
  for (const double value : x) sum += value;
  const double mean = sum / n;
  if (x.size() <= kFewTokens) return {mean, 0};
  double squares = 0;
  for (const double value : x) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / n / (n - 1))};
}

template <class Field>
std::vector<double> collect(std::span<const TokenDivergence> tokens, Field field) {
  std::vector<double> out;
  out.reserve(tokens.size());
  for (const TokenDivergence& token : tokens) out.push_back(field(token));
  return out;
}

Distribution distribution_of(std::span<const double> values, std::span<const double> fractions) {
  Distribution out;
  const std::vector<double> sorted = sorted_copy(values);
  out.mean = mean_of(values);
  out.max = sorted.back();
  out.min = sorted.front();
  out.median = percentile(sorted, 0.5);
  out.fractions.assign(fractions.begin(), fractions.end());
  for (const double fraction : fractions) out.percentiles.push_back(percentile(sorted, fraction));
  return out;
}

PlusMinus share_of(std::span<const double> zero_or_one) {
  const double share = mean_of(zero_or_one).value, n = static_cast<double>(zero_or_one.size());
  return {share, n > 1 ? std::sqrt(share * (1 - share) / (n - 1)) : 0};
}

// Standard error of the mean of weight_a * a - weight_b * b: the delta method of both perplexity comparisons. From the
// differences themselves, so that a run against itself gives exactly 0.
double difference_error(std::span<const double> a, std::span<const double> b, double weight_a, double weight_b) {
  std::vector<double> difference(a.size());
  for (size_t i = 0; i < a.size(); ++i) difference[i] = weight_a * a[i] - weight_b * b[i];
  return mean_of(difference).uncertainty;
}

double correlation_of(std::span<const double> a, std::span<const double> b, PlusMinus mean_a, PlusMinus mean_b) {
  if (mean_a.uncertainty == 0 || mean_b.uncertainty == 0) return mean_a.value == mean_b.value ? 1 : 0;
  const double n = static_cast<double>(a.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a.value) * (b[i] - mean_b.value);
  return sum / n / (n - 1) / (mean_a.uncertainty * mean_b.uncertainty);
}

void add_perplexity(std::span<const TokenDivergence> tokens, DivergenceSummary& out) {
  const auto cand = collect(tokens, [](const auto& t) { return t.nll_cand; });
  const auto ref = collect(tokens, [](const auto& t) { return t.nll_ref; });
  const PlusMinus mean_cand = mean_of(cand), mean_ref = mean_of(ref);
  const double ppl_cand = canonical_exp(mean_cand.value), ppl_ref = canonical_exp(mean_ref.value);
  out.ppl_cand = {ppl_cand, ppl_cand * mean_cand.uncertainty};
  out.ppl_ref = {ppl_ref, ppl_ref * mean_ref.uncertainty};
  out.correlation = correlation_of(cand, ref, mean_cand, mean_ref);
  out.ln_ratio = {mean_cand.value - mean_ref.value, difference_error(cand, ref, 1, 1)};
  const double ratio = canonical_exp(out.ln_ratio.value);
  out.ratio = {ratio, ratio * out.ln_ratio.uncertainty};
  out.difference = {ppl_cand - ppl_ref, difference_error(cand, ref, ppl_cand, ppl_ref)};
}

void add_probabilities(std::span<const TokenDivergence> tokens, DivergenceSummary& out) {
  const auto delta = collect(tokens, [](const auto& t) { return t.delta_p(); });
  const auto square = collect(tokens, [](const auto& t) { return t.delta_p() * t.delta_p(); });
  out.delta_p = distribution_of(delta, kDeltaPFractions);
  const PlusMinus mean_square = mean_of(square);
  const double rms = std::sqrt(mean_square.value);
  out.rms_delta_p = {rms, rms > 0 ? 0.5 / rms * mean_square.uncertainty : 0};
  out.same_top = share_of(collect(tokens, [](const auto& t) { return t.top1_equal() ? 1.0 : 0.0; }));
  out.top5_overlap = mean_of(collect(tokens, [](const auto& t) { return t.top5_overlap / double{kTopWords}; }));
}

// key(token) in [edges[i-1], edges[i]); `name` writes a bucket's bounds.
template <class Key, class Name>
std::vector<DivergenceBucket> bucket(std::span<const TokenDivergence> tokens, std::vector<double> edges, double end,
                                     Key key, Name name) {
  edges.insert(edges.begin(), 0.0);
  edges.push_back(end);
  std::vector<DivergenceBucket> out;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    DivergenceBucket one;
    one.low = edges[i];
    one.high = edges[i + 1];
    one.name = name(one.low, one.high);
    const bool last = i + 2 == edges.size();
    std::vector<double> kld;
    double same = 0;
    for (const TokenDivergence& token : tokens) {
      const double value = key(token);
      if (value < one.low || (value >= one.high && !last)) continue;
      kld.push_back(token.kld);
      same += token.top1_equal();
    }
    one.tokens = static_cast<int64_t>(kld.size());
    if (!kld.empty()) {
      one.kld = mean_of(kld);
      one.same_top = same / static_cast<double>(kld.size());
    }
    out.push_back(std::move(one));
  }
  return out;
}

void add_buckets(std::span<const TokenDivergence> tokens, const SummaryOptions& options, DivergenceSummary& out) {
  out.by_confidence = bucket(
      tokens, options.confidence_edges, 1.0, [](const auto& t) { return t.ref_confidence; },
      [](double low, double high) {
        if (low == 0) return fmt::format("p < {}", high);
        return high == 1 ? fmt::format("p >= {}", low) : fmt::format("{} <= p < {}", low, high);
      });
  double longest = 0;
  for (const TokenDivergence& token : tokens) longest = std::max(longest, double(token.position) + 1);
  std::vector<double> edges;
  for (const double edge : options.position_edges) {
    if (edge < longest) edges.push_back(edge);
  }
  out.by_position = bucket(
      tokens, edges, longest, [](const auto& t) { return double(t.position); },
      [](double low, double high) { return fmt::format("positions {}-{}", low, high - 1); });
}

// Per document: the sums whose ratio to the number of tokens are the three figures.
void add_intervals(std::span<const TokenDivergence> tokens, const SummaryOptions& options, DivergenceSummary& out) {
  std::unordered_map<int32_t, size_t> index;
  std::vector<double> count, kld, same, ln_ratio;
  for (const TokenDivergence& token : tokens) {
    const auto [place, is_new] = index.try_emplace(token.document, index.size());
    if (is_new) {
      for (auto* sums : {&count, &kld, &same, &ln_ratio}) sums->push_back(0);
    }
    const size_t d = place->second;
    count[d] += 1;
    kld[d] += options.llamacpp_kld ? token.kld_llamacpp : token.kld;
    same[d] += token.top1_equal();
    ln_ratio[d] += token.nll_cand - token.nll_ref;
  }
  out.documents = static_cast<int64_t>(count.size());
  out.kld_interval = cluster_bootstrap_ratio(kld, count, options.bootstrap);
  out.same_top_interval = cluster_bootstrap_ratio(same, count, options.bootstrap);
  out.ln_ratio_interval = cluster_bootstrap_ratio(ln_ratio, count, options.bootstrap);
}

}  // namespace

double Distribution::at(double fraction) const {
  for (size_t i = 0; i < fractions.size(); ++i) {
    if (fractions[i] == fraction) return percentiles[i];
  }
  throw std::out_of_range(fmt::format("no percentile at {}", fraction));
}

DivergenceSummary summarize(std::span<const TokenDivergence> tokens, const SummaryOptions& options) {
  if (tokens.empty()) throw CheckError("divergence: no scored tokens");
  for (const TokenDivergence& token : tokens) {
    if (token.gold == kNoToken) throw CheckError("divergence: a token without its next word cannot be summarized");
  }
  DivergenceSummary out;
  out.tokens = static_cast<int64_t>(tokens.size());
  add_perplexity(tokens, out);
  const auto kld = collect(tokens, [&](const auto& t) { return options.llamacpp_kld ? t.kld_llamacpp : t.kld; });
  out.kld = distribution_of(kld, kKldFractions);
  out.reverse_kld = mean_of(collect(tokens, [](const auto& t) { return t.reverse_kld; }));
  out.js = mean_of(collect(tokens, [](const auto& t) { return t.js; }));
  out.kld_llamacpp = mean_of(collect(tokens, [](const auto& t) { return t.kld_llamacpp; }));
  add_probabilities(tokens, out);
  add_buckets(tokens, options, out);
  add_intervals(tokens, options, out);
  return out;
}

std::string llamacpp_print(const DivergenceSummary& s) {
  std::string out = "====== Perplexity statistics ======\n";
  const auto ppl = [&](const char* name, PlusMinus v) {
    out += fmt::format("{:<30}: {:10.6f} ± {:10.6f}\n", name, v.value, v.uncertainty);
  };
  ppl("Mean PPL(Q)", s.ppl_cand);
  ppl("Mean PPL(base)", s.ppl_ref);
  out += fmt::format("{:<30}: {:6.2f}%\n", "Cor(ln(PPL(Q)), ln(PPL(base)))", 100 * s.correlation);
  ppl("Mean ln(PPL(Q)/PPL(base))", s.ln_ratio);
  ppl("Mean PPL(Q)/PPL(base)", s.ratio);
  ppl("Mean PPL(Q)-PPL(base)", s.difference);
  out += "\n====== KL divergence statistics ======\n";
  out += fmt::format("Mean    KLD: {:10.6f} ± {:10.6f}\n", s.kld.mean.value, s.kld.mean.uncertainty);
  out += fmt::format("Maximum KLD: {:10.6f}\n", s.kld.max);
  for (size_t i = 0; i < s.kld.fractions.size(); ++i) {
    const double percent = 100 * s.kld.fractions[i];
    const std::string name = percent == 50 ? "Median " : fmt::format("{:4.1f}%  ", percent);
    out += fmt::format("{} KLD: {:10.6f}\n", name, s.kld.percentiles[i]);
  }
  out += fmt::format("Minimum KLD: {:10.6f}\n", s.kld.min);
  out += "\n====== Token probability statistics ======\n";
  out += fmt::format("Mean    Δp: {:6.3f} ± {:5.3f} %\n", 100 * s.delta_p.mean.value, 100 * s.delta_p.mean.uncertainty);
  out += fmt::format("Maximum Δp: {:6.3f}%\n", 100 * s.delta_p.max);
  for (size_t i = 0; i < s.delta_p.fractions.size(); ++i) {
    const double percent = 100 * s.delta_p.fractions[i];
    const std::string name = percent == 50 ? "Median " : fmt::format("{:4.1f}%  ", percent);
    out += fmt::format("{} Δp: {:6.3f}%\n", name, 100 * s.delta_p.percentiles[i]);
  }
  out += fmt::format("Minimum Δp: {:6.3f}%\n", 100 * s.delta_p.min);
  out += fmt::format("RMS Δp    : {:6.3f} ± {:5.3f} %\n", 100 * s.rms_delta_p.value, 100 * s.rms_delta_p.uncertainty);
  out += fmt::format("Same top p: {:6.3f} ± {:5.3f} %\n", 100 * s.same_top.value, 100 * s.same_top.uncertainty);
  return out;
}

}  // namespace fp8bench
