#include "bench/cases/routing.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>

#include "harness/checkpoint/tensor_map.h"
#include "harness/engine/bundled.h"
#include "harness/engine/elementwise.h"
#include "harness/engine/lockstep.h"
#include "harness/io/error.h"
#include "harness/score/load_items.h"

namespace fp8bench {
namespace {

// `count` different of `choices` items by weight, drawn one after the other; ascending.
std::vector<int32_t> draw_weighted(const std::vector<double>& weights, int64_t count, uint64_t key) {
  std::vector<double> left = weights;
  double total = std::accumulate(left.begin(), left.end(), 0.0);
  std::vector<int32_t> chosen;
  for (int64_t i = 0; i < count; ++i) {
    key = mix64(key + 1);
    double at = static_cast<double>(key >> 11) * 0x1p-53 * total;
    size_t pick = 0;
    while (pick + 1 < left.size() && (left[pick] == 0.0 || at >= left[pick])) at -= left[pick++];
    while (left[pick] == 0.0) --pick;  // rounding walked past the last item that is left
    chosen.push_back(static_cast<int32_t>(pick));
    total -= std::exchange(left[pick], 0.0);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<double> zipf_weights(int64_t experts, uint64_t seed) {
  std::vector<size_t> ranks(static_cast<size_t>(experts));
  std::iota(ranks.begin(), ranks.end(), size_t{0});
  for (size_t i = ranks.size(); i > 1; --i) std::swap(ranks[i - 1], ranks[mix64(seed ^ (i * 0x5EEDu)) % i]);
  std::vector<double> weights;
  for (const size_t rank : ranks) weights.push_back(1.0 / static_cast<double>(rank + 1));
  return weights;
}

// What the bundled checkpoint's routers chose over its passages, layer after layer.
struct Recorded {
  int64_t experts = 0, top_k = 0;
  std::vector<int32_t> index;  // (layers * tokens, top_k)
  int64_t tokens() const { return static_cast<int64_t>(index.size()) / top_k; }
};

const Recorded& recorded_routing() {
  static const Recorded kRecorded = [] {
    const auto model = std::make_shared<const Model>(open_checkpoint((bundled_path() / "checkpoint").string()));
    Batch batch;
    for (const TextDocument& document : load_text(bundled_path() / "text.jsonl", model->config().vocab)) {
      batch.add(document.ids);
      if (batch.tokens() >= 2048) break;
    }
    Recorded recorded{model->config().experts, model->config().top_k, {}};
    const RunSpec run{"bf16", model, {}, -1};
    run_lockstep(std::span(&run, 1), batch, [&](int64_t, std::span<const LayerState> states) {
      if (const Routing* routing = states.front().routing)
        recorded.index.insert(recorded.index.end(), routing->index.begin(), routing->index.end());
    });
    return recorded;
  }();
  return kRecorded;
}

std::vector<int32_t> map_recorded(int64_t tokens, int64_t experts, int64_t top_k, uint64_t seed) {
  const Recorded& recorded = recorded_routing();
  const int64_t group = experts / recorded.experts;
  if (experts % recorded.experts != 0 || (top_k + recorded.top_k - 1) / recorded.top_k > group)
    throw InputError(
        fmt::format("routing=recorded: expected a multiple of the recorded {} experts with room for {} picks a token, "
                    "found {} experts",
                    recorded.experts, top_k, experts));
  const int64_t start = static_cast<int64_t>(mix64(seed) % static_cast<uint64_t>(recorded.tokens()));
  std::vector<int32_t> index;
  for (int64_t t = 0; t < tokens; ++t) {
    const int32_t* groups = recorded.index.data() + (start + t) % recorded.tokens() * recorded.top_k;
    std::vector<int32_t> picks;
    for (int64_t g = 0; g < recorded.top_k; ++g) {
      const int64_t share = top_k / recorded.top_k + (g < top_k % recorded.top_k ? 1 : 0);  // the best group first
      const std::vector<double> equal(static_cast<size_t>(group), 1.0);
      for (const int32_t inside : draw_weighted(equal, share, mix64(seed + static_cast<uint64_t>(t * 64 + g))))
        picks.push_back(static_cast<int32_t>(groups[g] * group) + inside);
    }
    std::sort(picks.begin(), picks.end());
    index.insert(index.end(), picks.begin(), picks.end());
  }
  return index;
}

}  // namespace

std::vector<int32_t> make_routing(std::string_view kind, int64_t tokens, int64_t experts, int64_t top_k,
                                  uint64_t seed) {
  if (top_k > experts)
    throw InputError(fmt::format("top_k: expected at most the {} experts, found {}", experts, top_k));
  if (kind == "recorded") return map_recorded(tokens, experts, top_k, seed);
  // The ranks belong to the layer, not to the sample: every rotation has the same favourites.
  const std::vector<double> weights =
      kind == "zipf" ? zipf_weights(experts, 0x21Fu) : std::vector<double>(static_cast<size_t>(experts), 1.0);
  std::vector<int32_t> index;
  for (int64_t t = 0; t < tokens; ++t) {
    const auto chosen = draw_weighted(weights, top_k, mix64(mix64(seed) + static_cast<uint64_t>(t)));
    index.insert(index.end(), chosen.begin(), chosen.end());
  }
  return index;
}

RoutedRows::RoutedRows(const std::vector<int32_t>& index, int64_t experts, int64_t top_k)
    : token(index.size()), offsets(static_cast<size_t>(experts) + 1, 0) {
  for (const int32_t expert : index) ++offsets[static_cast<size_t>(expert) + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<int64_t> next(offsets.begin(), offsets.end() - 1);
  for (size_t i = 0; i < index.size(); ++i)
    token[static_cast<size_t>(next[static_cast<size_t>(index[i])]++)] = static_cast<int64_t>(i) / top_k;
}

int64_t RoutedRows::expert_of(int64_t row) const {
  return std::upper_bound(offsets.begin(), offsets.end(), row) - offsets.begin() - 1;
}

int64_t RoutedRows::experts_hit() const {
  int64_t hit = 0;
  for (size_t e = 0; e + 1 < offsets.size(); ++e) hit += offsets[e + 1] > offsets[e] ? 1 : 0;
  return hit;
}

double RoutedRows::max_over_mean() const {
  int64_t most = 0;
  for (size_t e = 0; e + 1 < offsets.size(); ++e) most = std::max(most, offsets[e + 1] - offsets[e]);
  return static_cast<double>(most) * static_cast<double>(offsets.size() - 1) / static_cast<double>(rows());
}

int64_t experts_hit_by_any(const std::vector<RoutedRows>& routings) {
  int64_t hit = 0;
  for (size_t e = 0; !routings.empty() && e + 1 < routings.front().offsets.size(); ++e)
    hit += std::any_of(routings.begin(), routings.end(),
                       [e](const RoutedRows& r) { return r.offsets[e + 1] > r.offsets[e]; });
  return hit;
}

nlohmann::json routing_facts(const std::vector<RoutedRows>& routings) {
  double hit = 0.0, load = 0.0;
  for (const RoutedRows& routing : routings) {
    hit += static_cast<double>(routing.experts_hit());
    load += routing.max_over_mean();
  }
  const double count = static_cast<double>(routings.size());
  return {{"experts_hit", hit / count}, {"load_max_over_mean", load / count}};
}

}  // namespace fp8bench
