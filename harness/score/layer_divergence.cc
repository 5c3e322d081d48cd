#include "harness/score/layer_divergence.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "harness/io/error.h"
#include "harness/score/normal.h"
#include "kernels/canonical_math.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

struct Products {
  double ref_ref = 0, cand_cand = 0, ref_cand = 0, error = 0;
};

Products products_of(std::span<const float> ref, std::span<const float> cand) {
  Products out;
  for (size_t i = 0; i < ref.size(); ++i) {
    const double r = ref[i], c = cand[i];
    out.ref_ref += r * r;
    out.cand_cand += c * c;
    out.ref_cand += r * c;
    out.error += (c - r) * (c - r);
  }
  return out;
}

double cosine_of(const Products& p) {
  const double norm = std::sqrt(p.ref_ref) * std::sqrt(p.cand_cand);
  if (p.error == 0) return 1;
  return norm > 0 ? p.ref_cand / norm : 0;
}

double decibel(const Products& p) {
  if (p.error == 0) return kIdenticalDb;
  if (p.ref_ref == 0) return -kIdenticalDb;
  return 10 * canonical_log(p.ref_ref / p.error) / kLn10;
}

}  // namespace

void LayerDivergence::observe(int64_t layer, std::span<const LayerState> runs, int64_t hidden_size) {
  const std::span<const float> ref = runs[reference_].hidden, cand = runs[candidate_].hidden;
  if (ref.size() != cand.size() || hidden_size < 1 || ref.size() % static_cast<size_t>(hidden_size) != 0) {
    throw CheckError(fmt::format("layer {}: expected equal hidden states of rows of {}, found {} and {} values", layer,
                                 hidden_size, ref.size(), cand.size()));
  }
  const int64_t tokens = static_cast<int64_t>(ref.size()) / hidden_size;
  std::vector<Products> by_token(static_cast<size_t>(tokens));
  parallel_for(tokens, 64, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const size_t at = static_cast<size_t>(t * hidden_size), size = static_cast<size_t>(hidden_size);
      by_token[t] = products_of(ref.subspan(at, size), cand.subspan(at, size));
    }
  });
  Products sum;  // in token order: thread count never changes bits
  LayerError out;
  out.layer = layer;
  out.min_token_cosine = 1;
  for (const Products& token : by_token) {
    sum.ref_ref += token.ref_ref;
    sum.cand_cand += token.cand_cand;
    sum.ref_cand += token.ref_cand;
    sum.error += token.error;
    const double cosine = cosine_of(token);
    if (!(cosine >= out.min_token_cosine)) out.min_token_cosine = cosine;
  }
  if (!std::isfinite(sum.error)) throw CheckError(fmt::format("layer {}: a hidden state is not finite", layer));
  out.identical = sum.error == 0;
  out.sqnr_db = decibel(sum);
  out.cosine = cosine_of(sum);
  out.relative_error = sum.error == 0 ? 0 : sum.ref_ref > 0 ? std::sqrt(sum.error / sum.ref_ref) : HUGE_VAL;
  layers_.push_back(out);
}

const LayerError* LayerDivergence::worst() const {
  const auto found = std::min_element(layers_.begin(), layers_.end(),
                                      [](const auto& a, const auto& b) { return a.sqnr_db < b.sqnr_db; });
  return found == layers_.end() ? nullptr : &*found;
}

const LayerError* LayerDivergence::largest_drop() const {
  const LayerError* found = nullptr;
  double largest = 0;
  for (size_t i = 1; i < layers_.size(); ++i) {
    const double drop = layers_[i - 1].sqnr_db - layers_[i].sqnr_db;
    if (found == nullptr || drop > largest) {
      found = &layers_[i];
      largest = drop;
    }
  }
  return found;
}

}  // namespace fp8bench
