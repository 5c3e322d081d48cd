#include "bench/comparison/divergence_json.h"

namespace fp8bench {
namespace {

using nlohmann::json;

json to_json(const PlusMinus& value) { return {{"value", value.value}, {"uncertainty", value.uncertainty}}; }
json to_json(const Distribution& d) {
  json out = {{"mean", to_json(d.mean)}, {"max", d.max}, {"median", d.median}, {"min", d.min}};
  for (size_t i = 0; i < d.percentiles.size(); ++i) out["percentiles"].push_back({d.fractions[i], d.percentiles[i]});
  return out;
}

json to_json(const std::vector<DivergenceBucket>& buckets) {
  json out = json::array();
  for (const DivergenceBucket& bucket : buckets)
    out.push_back({{"bucket", bucket.name},
                   {"tokens", bucket.tokens},
                   {"kld", to_json(bucket.kld)},
                   {"same_top", bucket.same_top}});
  return out;
}

}  // namespace

json bounds_json(const Bounds& bounds) { return json::array({bounds.low, bounds.high}); }

json divergence_json(const DivergenceSummary& s) {
  return {{"tokens", s.tokens},
          {"documents", s.documents},
          {"kld", to_json(s.kld)},
          {"kld_interval95", bounds_json(s.kld_interval)},
          {"kld_llamacpp", to_json(s.kld_llamacpp)},
          {"reverse_kld", to_json(s.reverse_kld)},
          {"jensen_shannon", to_json(s.js)},
          {"ppl_candidate", to_json(s.ppl_cand)},
          {"ppl_reference", to_json(s.ppl_ref)},
          {"ppl_ratio", to_json(s.ratio)},
          {"ln_ppl_ratio", to_json(s.ln_ratio)},
          {"ln_ppl_ratio_interval95", bounds_json(s.ln_ratio_interval)},
          {"ppl_difference", to_json(s.difference)},
          {"ln_ppl_correlation", s.correlation},
          {"delta_p", to_json(s.delta_p)},
          {"rms_delta_p", to_json(s.rms_delta_p)},
          {"same_top", to_json(s.same_top)},
          {"same_top_interval95", bounds_json(s.same_top_interval)},
          {"top5_overlap", to_json(s.top5_overlap)},
          {"by_confidence", to_json(s.by_confidence)},
          {"by_position", to_json(s.by_position)}};
}

}  // namespace fp8bench
