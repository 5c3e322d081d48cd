#include "harness/engine/session.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "harness/engine/embedding.h"
#include "harness/engine/layer.h"

namespace fp8bench {

struct Session::State {
  State(std::shared_ptr<const Model> owned, EngineOptions chosen, std::shared_ptr<const Head> shared)
      : model(std::move(owned)),
        options(chosen),
        head(shared != nullptr ? std::move(shared) : std::make_shared<const Head>(model)),
        ops(model->config(), options, workspace),
        key(first_token_key(options.perturb_seed)) {
    for (const LayerConfig& layer : model->config().layers) caches.push_back(empty_cache(layer, options.kv));
    head->load();  // packing belongs to loading, not to the first token
  }

  std::shared_ptr<const Model> model;
  EngineOptions options;
  std::shared_ptr<const Head> head;
  Workspace workspace;
  Ops ops;
  std::vector<KvCacheLayer> caches;  // per layer; those of KV-sharing layers stay empty
  int64_t length = 0;
  uint64_t key;

  // The hidden state of the last of these tokens after the final norm.
  std::vector<float> forward(std::span<const int32_t> ids);
};

std::vector<float> Session::State::forward(std::span<const int32_t> ids) {
  const Workspace::Scope scope(workspace);
  const ModelConfig& config = model->config();
  const int64_t tokens = static_cast<int64_t>(ids.size());
  std::vector<int32_t> positions(ids.size());
  std::iota(positions.begin(), positions.end(), static_cast<int32_t>(length));
  std::vector<uint64_t> keys(options.perturb_seed != 0 ? ids.size() : 0);
  if (!keys.empty()) token_keys(key, ids, keys.data());
  RowInfo info{.pieces = {}, .positions = positions.data(), .keys = keys.empty() ? nullptr : keys.data()};

  const Rows x = ops.rows(tokens, config.hidden);
  embed_tokens(*model, ops, ids, x);
  std::vector<float> ple(static_cast<size_t>(model->layer_count() * tokens * config.ple));
  if (config.ple > 0) per_layer_inputs(*model, ops, ids, info, x, ple.data(), tokens);
  std::vector<float> logits(static_cast<size_t>(tokens * config.experts)),
      weight(static_cast<size_t>(tokens * config.top_k));
  std::vector<int32_t> index(weight.size());

  for (int64_t l = 0; l < model->layer_count(); ++l) {
    const LayerConfig& layer = config.layers[static_cast<size_t>(l)];
    const int64_t owner = layer.kv_donor >= 0 ? layer.kv_donor : l;
    const Piece piece{.row = 0, .tokens = tokens, .first = length, .cache = &caches[static_cast<size_t>(owner)]};
    info.pieces = std::span(&piece, 1);
    ops.begin_layer(l, info);
    decoder_layer(ops,
                  {.config = layer,
                   .weights = *model->layer(l),
                   .routing = {.logits = logits.data(), .index = index.data(), .weight = weight.data()},
                   .ple = config.ple > 0 ? ple.data() + l * tokens * config.ple : nullptr},
                  x);
  }
  length += tokens;
  const Rows last{x.row(tokens - 1), 1, config.hidden};
  const Rows normed = ops.norm(last, model->final_norm());
  return {normed.data, normed.data + normed.size()};
}

Session::Session(std::shared_ptr<const Model> model, EngineOptions options, std::shared_ptr<const Head> head)
    : state_(std::make_unique<State>(std::move(model), options, std::move(head))) {}

Session::~Session() = default;

int64_t Session::length() const { return state_->length; }

void Session::rewind(int64_t length) {
  if (length < 0 || length > state_->length || state_->options.perturb_seed != 0)
    throw std::invalid_argument("rewind: expected a position of an unperturbed sequence");
  for (KvCacheLayer& cache : state_->caches) cache.length = std::min(cache.length, length);  // appending overwrites
  state_->length = length;
}

std::vector<float> Session::advance(std::span<const int32_t> ids) {
  const size_t piece =
      state_->options.prefill_piece > 0 ? static_cast<size_t>(state_->options.prefill_piece) : ids.size();
  std::vector<float> hidden;
  for (size_t begin = 0; begin < ids.size(); begin += piece)
    hidden = state_->forward(ids.subspan(begin, std::min(piece, ids.size() - begin)));
  if (hidden.empty()) return {};
  std::vector<float> logits(static_cast<size_t>(state_->head->vocab()));
  state_->head->logits(hidden.data(), 1, state_->options, logits.data());
  return logits;
}

std::vector<int32_t> generate_greedy(Session& session, std::span<const int32_t> prompt, int64_t count,
                                     std::vector<float>* top2_logits) {
  std::vector<int32_t> tokens;
  if (count <= 0) return tokens;
  std::vector<float> logits = session.advance(prompt);
  while (!logits.empty()) {
    const auto best = std::max_element(logits.begin(), logits.end());  // the first of equals: the lowest id
    const int32_t token = static_cast<int32_t>(best - logits.begin());
    tokens.push_back(token);
    if (top2_logits != nullptr) {
      float second = logits[token == 0 ? 1 : 0];
      for (size_t i = 0; i < logits.size(); ++i)
        if (static_cast<int32_t>(i) != token) second = std::max(second, logits[i]);
      top2_logits->insert(top2_logits->end(), {*best, second});
    }
    if (static_cast<int64_t>(tokens.size()) == count) break;
    logits = session.advance(std::span(&token, 1));
  }
  return tokens;
}

}  // namespace fp8bench
