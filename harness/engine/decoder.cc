#include "harness/engine/decoder.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "harness/engine/embedding.h"
#include "harness/engine/layer.h"

namespace fp8bench {

// The tokens of a step, back to back, and where they go.
struct Decoder::Plan {
  std::span<const Input> inputs;
  Batch batch;                  // one sequence per input
  std::vector<int64_t> starts;  // per input: position of its first token
  std::vector<int64_t> waves;   // per input: 1 after the wave of its parent if that is in this step
  std::vector<int32_t> positions;
  std::vector<uint64_t> keys;  // empty without perturbation
};

Decoder::Decoder(std::shared_ptr<const Model> model, const EngineOptions& options)
    : model_(std::move(model)), options_(options), ops_(model_->config(), options_, workspace_) {}

Decoder::Sequence& Decoder::at(int64_t sequence) {
  if (sequence < 0 || sequence >= static_cast<int64_t>(sequences_.size()) ||
      !sequences_[static_cast<size_t>(sequence)].open)
    throw std::invalid_argument(fmt::format("sequence {}: expected one that is open", sequence));
  return sequences_[static_cast<size_t>(sequence)];
}

int64_t Decoder::open() {
  if (free_.empty()) {
    free_.push_back(static_cast<int64_t>(sequences_.size()));
    sequences_.emplace_back();
  }
  const int64_t sequence = free_.back();
  free_.pop_back();
  Sequence& opened = sequences_[static_cast<size_t>(sequence)];
  for (const LayerConfig& layer : model_->config().layers) opened.caches.push_back(empty_cache(layer, options_.kv));
  opened.key = first_token_key(options_.perturb_seed);
  opened.open = true;
  return sequence;
}

void Decoder::close(int64_t sequence) {
  at(sequence) = {};
  free_.push_back(sequence);
}

int64_t Decoder::length(int64_t sequence) const { return at(sequence).length; }

void Decoder::rewind(int64_t sequence, int64_t length) {
  Sequence& s = at(sequence);
  if (length < 0 || length > s.length || options_.perturb_seed != 0)
    throw std::invalid_argument("rewind: expected a position of an unperturbed sequence");
  for (KvCacheLayer& cache : s.caches) cache.length = std::min(cache.length, length);  // appending overwrites
  s.length = length;
}

int64_t Decoder::bytes_per_token() const {
  int64_t floats = 0;
  for (const LayerConfig& layer : model_->config().layers)
    if (layer.kv_donor < 0) floats += 2 * layer.kv_heads * layer.head_dim;
  return floats * static_cast<int64_t>(sizeof(float));
}

Decoder::Plan Decoder::plan(std::span<const Input> inputs) {
  Plan plan{.inputs = inputs, .batch = {}, .starts = {}, .waves = {}, .positions = {}, .keys = {}};
  const auto find_earlier = [&](int64_t sequence, size_t before) {
    for (size_t j = 0; j < before; ++j)
      if (inputs[j].sequence == sequence) return static_cast<int64_t>(j);
    return int64_t{-1};
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Input& input = inputs[i];
    Sequence& sequence = at(input.sequence);
    if (input.ids.empty() || find_earlier(input.sequence, i) >= 0)
      throw std::invalid_argument("step: expected tokens, and each sequence once");
    int64_t wave = 0, start = sequence.length;
    if (input.parent >= 0) {
      const int64_t earlier = find_earlier(input.parent, i);
      const int64_t available = earlier < 0 ? at(input.parent).length
                                            : plan.starts[static_cast<size_t>(earlier)] +
                                                  static_cast<int64_t>(inputs[static_cast<size_t>(earlier)].ids.size());
      bool later = false;
      for (size_t j = i; j < inputs.size(); ++j) later = later || inputs[j].sequence == input.parent;
      if (sequence.length != 0 || input.start < 1 || input.start > available || later || options_.perturb_seed != 0)
        throw std::invalid_argument("step: expected a new unperturbed sequence and an earlier one to continue");
      start = input.start;
      if (earlier >= 0) wave = plan.waves[static_cast<size_t>(earlier)] + 1;
    }
    plan.batch.add(input.ids);
    plan.starts.push_back(start);
    plan.waves.push_back(wave);
    for (size_t t = 0; t < input.ids.size(); ++t)
      plan.positions.push_back(static_cast<int32_t>(start) + static_cast<int32_t>(t));
    if (options_.perturb_seed == 0) continue;
    plan.keys.resize(plan.positions.size());
    token_keys(sequence.key, input.ids, plan.keys.data() + plan.keys.size() - input.ids.size());
  }
  return plan;
}

std::vector<Piece> Decoder::pieces_of(const Plan& plan, const Chunk& chunk, int64_t layer) {
  const int64_t donor = model_->config().layers[static_cast<size_t>(layer)].kv_donor;
  const size_t owner = static_cast<size_t>(donor >= 0 ? donor : layer);
  std::vector<Piece> pieces;
  int64_t row = 0;
  for (const ChunkPiece& piece : chunk.pieces) {
    const size_t i = static_cast<size_t>(piece.sequence);
    const Input& input = plan.inputs[i];
    const bool forks = piece.first == 0 && input.parent >= 0;
    pieces.push_back({.row = row,
                      .tokens = piece.tokens,
                      .first = plan.starts[i] + piece.first,
                      .cache = &at(input.sequence).caches[owner],
                      .parent = forks ? &at(input.parent).caches[owner] : nullptr,
                      .wave = plan.waves[i]});
    row += piece.tokens;
  }
  return pieces;
}

std::vector<float> Decoder::step(std::span<const Input> inputs) {
  const ModelConfig& config = model_->config();
  const Plan plan = this->plan(inputs);
  const int64_t tokens = plan.batch.tokens(), layers = model_->layer_count();
  const std::vector<Chunk> chunks = plan_chunks(plan.batch, tokens_per_chunk(config), 0);
  std::vector<float> hidden(static_cast<size_t>(tokens * config.hidden));
  std::vector<float> ple(static_cast<size_t>(layers * tokens * config.ple));
  std::vector<float> router_logits(static_cast<size_t>(tokens * config.experts));
  std::vector<float> router_weight(static_cast<size_t>(tokens * config.top_k));
  std::vector<int32_t> router_index(router_weight.size());
  const auto rows_of = [&](const Chunk& chunk) {
    return Rows{hidden.data() + chunk.row * config.hidden, chunk.rows, config.hidden};
  };
  const auto info_of = [&](const Chunk& chunk, std::span<const Piece> pieces) {
    return RowInfo{.pieces = pieces,
                   .positions = plan.positions.data() + chunk.row,
                   .keys = plan.keys.empty() ? nullptr : plan.keys.data() + chunk.row};
  };

  for (const Chunk& chunk : chunks) {
    const auto ids = std::span(plan.batch.ids).subspan(static_cast<size_t>(chunk.row), static_cast<size_t>(chunk.rows));
    embed_tokens(*model_, ops_, ids, rows_of(chunk));
    if (config.ple > 0)
      per_layer_inputs(*model_, ops_, ids, info_of(chunk, {}), rows_of(chunk), ple.data() + chunk.row * config.ple,
                       tokens);
  }
  for (int64_t l = 0; l < layers; ++l) {
    const std::shared_ptr<const LayerWeights> weights = model_->layer(l);
    for (const Chunk& chunk : chunks) {
      const std::vector<Piece> pieces = pieces_of(plan, chunk, l);
      ops_.begin_layer(l, info_of(chunk, pieces));
      decoder_layer(ops_,
                    {.config = config.layers[static_cast<size_t>(l)],
                     .weights = *weights,
                     .routing = {.logits = router_logits.data() + chunk.row * config.experts,
                                 .index = router_index.data() + chunk.row * config.top_k,
                                 .weight = router_weight.data() + chunk.row * config.top_k},
                     .ple = config.ple > 0 ? ple.data() + (l * tokens + chunk.row) * config.ple : nullptr},
                    rows_of(chunk));
    }
  }

  const Workspace::Scope scope(workspace_);
  const Rows last = ops_.rows(static_cast<int64_t>(inputs.size()), config.hidden);
  for (size_t i = 0; i < inputs.size(); ++i) {
    at(inputs[i].sequence).length = plan.starts[i] + static_cast<int64_t>(inputs[i].ids.size());
    std::copy_n(hidden.data() + (plan.batch.offsets[i + 1] - 1) * config.hidden, config.hidden,
                last.row(static_cast<int64_t>(i)));
  }
  const Rows normed = ops_.norm(last, model_->final_norm());
  return {normed.data, normed.data + normed.size()};
}

}  // namespace fp8bench
