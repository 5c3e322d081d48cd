#include "harness/engine/lockstep.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "harness/engine/chunks.h"
#include "harness/engine/embedding.h"
#include "harness/engine/layer.h"

namespace fp8bench {
namespace {

// The last layer that reads the keys and values of each layer.
std::vector<int64_t> last_reader(const ModelConfig& config) {
  std::vector<int64_t> last(config.layers.size());
  for (size_t l = 0; l < last.size(); ++l) {
    last[l] = static_cast<int64_t>(l);
    if (config.layers[l].kv_donor >= 0) last[static_cast<size_t>(config.layers[l].kv_donor)] = static_cast<int64_t>(l);
  }
  return last;
}

// Where the tokens of a batch stand.
struct BatchPlaces {
  std::vector<int64_t> parents, starts;  // per sequence
  std::vector<int32_t> positions;        // per token
};

BatchPlaces places_of(const Batch& batch) {
  BatchPlaces places{.parents = batch.parents, .starts = batch.starts(), .positions = {}};
  places.parents.resize(places.starts.size(), -1);
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    const int64_t length = batch.offsets[static_cast<size_t>(s + 1)] - batch.offsets[static_cast<size_t>(s)];
    for (int64_t i = 0; i < length; ++i)
      places.positions.push_back(static_cast<int32_t>(places.starts[static_cast<size_t>(s)] + i));
  }
  return places;
}

// Per chunk, the sequences that no later chunk continues, be it with their own tokens or with another sequence.
std::vector<std::vector<int64_t>> last_users(const Batch& batch, const std::vector<Chunk>& chunks) {
  std::vector<size_t> last(static_cast<size_t>(batch.sequences()), 0);
  for (size_t c = 0; c < chunks.size(); ++c) {
    for (const ChunkPiece& piece : chunks[c].pieces) {
      const size_t s = static_cast<size_t>(piece.sequence);
      last[s] = c;
      if (s < batch.parents.size() && batch.parents[s] >= 0) last[static_cast<size_t>(batch.parents[s])] = c;
    }
  }
  std::vector<std::vector<int64_t>> unused(chunks.size());
  for (size_t s = 0; s < last.size(); ++s)
    if (!unused.empty()) unused[last[s]].push_back(static_cast<int64_t>(s));
  return unused;
}

// One run's state between layers.
class LockstepRun {
 public:
  LockstepRun(const RunSpec& spec, const Batch& batch, const BatchPlaces& places, Workspace& workspace)
      : spec_(spec),
        config_(spec.model->config()),
        batch_(batch),
        places_(places),
        ops_(config_, spec_.options, workspace),
        chunks_(plan_chunks(batch, tokens_per_chunk(config_), spec.options.prefill_piece)),
        unused_after_(last_users(batch, chunks_)),
        last_reader_(last_reader(config_)),
        caches_(config_.layers.size()) {
    hidden_.resize(static_cast<size_t>(batch.tokens() * config_.hidden));
    if (config_.ple > 0) ple_.resize(static_cast<size_t>(spec.model->layer_count() * batch.tokens() * config_.ple));
    if (spec.options.perturb_seed != 0) make_keys();
    embed();
  }

  const Model& model() const { return *spec_.model; }
  std::span<const float> hidden() const { return hidden_; }
  const Routing& routing() const { return routing_; }

  void layer(int64_t index, const LayerWeights& weights, const Routing* replayed) {
    const LayerConfig& layer = config_.layers[static_cast<size_t>(index)];
    prepare_routing(layer, replayed);
    std::vector<KvCacheLayer>& caches = open_caches(index);
    for (size_t c = 0; c < chunks_.size(); ++c) {
      const Chunk& chunk = chunks_[c];
      const std::vector<Piece> pieces = pieces_of(chunk, caches);
      ops_.begin_layer(index, row_info(chunk, pieces));
      const float* ple = config_.ple > 0 ? ple_.data() + (index * batch_.tokens() + chunk.row) * config_.ple : nullptr;
      decoder_layer(
          ops_, {.config = layer, .weights = weights, .routing = routing_rows(chunk, replayed != nullptr), .ple = ple},
          rows_of(chunk));
      close_caches(index, unused_after_[c], caches);
    }
    for (size_t l = 0; l < caches_.size(); ++l)
      if (last_reader_[l] <= index) caches_[l] = {};
  }

  std::vector<float> finish() {
    for (const Chunk& chunk : chunks_) {
      const Workspace::Scope scope(ops_.workspace());
      const Rows x = rows_of(chunk);
      const Rows normed = ops_.norm(x, spec_.model->final_norm());
      std::copy_n(normed.data, normed.size(), x.data);
    }
    return std::move(hidden_);
  }

 private:
  void make_keys() {
    keys_.resize(batch_.ids.size());
    std::vector<uint64_t> states;  // after each sequence
    for (int64_t s = 0; s < batch_.sequences(); ++s) {
      const size_t begin = static_cast<size_t>(batch_.offsets[static_cast<size_t>(s)]);
      const size_t end = static_cast<size_t>(batch_.offsets[static_cast<size_t>(s + 1)]);
      const int64_t parent = places_.parents[static_cast<size_t>(s)];
      states.push_back(parent >= 0 ? states[static_cast<size_t>(parent)] : first_token_key(spec_.options.perturb_seed));
      token_keys(states.back(), std::span(batch_.ids).subspan(begin, end - begin), keys_.data() + begin);
    }
  }

  void embed() {
    for (const Chunk& chunk : chunks_) {
      const auto ids = std::span(batch_.ids).subspan(static_cast<size_t>(chunk.row), static_cast<size_t>(chunk.rows));
      embed_tokens(*spec_.model, ops_, ids, rows_of(chunk));
      if (config_.ple > 0)
        per_layer_inputs(*spec_.model, ops_, ids, row_info(chunk, {}), rows_of(chunk),
                         ple_.data() + chunk.row * config_.ple, batch_.tokens());
    }
  }

  Rows rows_of(const Chunk& chunk) { return {hidden_.data() + chunk.row * config_.hidden, chunk.rows, config_.hidden}; }

  RowInfo row_info(const Chunk& chunk, std::span<const Piece> pieces) const {
    return {.pieces = pieces,
            .positions = places_.positions.data() + chunk.row,
            .keys = keys_.empty() ? nullptr : keys_.data() + chunk.row};
  }

  void prepare_routing(const LayerConfig& layer, const Routing* replayed) {
    if (!layer.moe) {
      routing_ = {};
      return;
    }
    routing_.experts = config_.experts;
    routing_.top_k = config_.top_k;
    routing_.logits.resize(static_cast<size_t>(batch_.tokens() * config_.experts));
    routing_.weight.resize(static_cast<size_t>(batch_.tokens() * config_.top_k));
    routing_.index.resize(routing_.weight.size());
    if (replayed == nullptr) return;
    if (replayed->experts != routing_.experts || replayed->top_k != routing_.top_k)
      throw std::invalid_argument(fmt::format("run {}: cannot replay the routing of a model with {} experts, top {}",
                                              spec_.name, replayed->experts, replayed->top_k));
    routing_.index = replayed->index;
  }

  RoutingRows routing_rows(const Chunk& chunk, bool forced) {
    if (routing_.experts == 0) return {};
    return {.logits = routing_.logits.data() + chunk.row * routing_.experts,
            .index = routing_.index.data() + chunk.row * routing_.top_k,
            .weight = routing_.weight.data() + chunk.row * routing_.top_k,
            .forced = forced};
  }

  std::vector<KvCacheLayer>& open_caches(int64_t index) {
    const LayerConfig& layer = config_.layers[static_cast<size_t>(index)];
    if (layer.kv_donor >= 0) return caches_[static_cast<size_t>(layer.kv_donor)];
    std::vector<KvCacheLayer>& caches = caches_[static_cast<size_t>(index)];
    caches.resize(static_cast<size_t>(batch_.sequences()));
    for (KvCacheLayer& cache : caches) cache = empty_cache(layer, spec_.options.kv);
    return caches;
  }

  std::vector<Piece> pieces_of(const Chunk& chunk, std::vector<KvCacheLayer>& caches) const {
    std::vector<Piece> pieces;
    std::map<int64_t, int64_t> waves;  // of the sequences of this chunk
    int64_t row = 0;
    for (const ChunkPiece& piece : chunk.pieces) {
      const size_t s = static_cast<size_t>(piece.sequence);
      const int64_t parent = piece.first == 0 ? places_.parents[s] : -1;
      const auto found = waves.find(parent);
      const int64_t wave = parent >= 0 && found != waves.end() ? found->second + 1 : 0;
      waves[piece.sequence] = wave;
      pieces.push_back({.row = row,
                        .tokens = piece.tokens,
                        .first = places_.starts[s] + piece.first,
                        .cache = &caches[s],
                        .parent = parent >= 0 ? &caches[static_cast<size_t>(parent)] : nullptr,
                        .wave = wave});
      row += piece.tokens;
    }
    return pieces;
  }

  // What nobody reads again goes at once: with many sequences the caches are what would grow.
  void close_caches(int64_t index, const std::vector<int64_t>& unused, std::vector<KvCacheLayer>& caches) {
    if (config_.layers[static_cast<size_t>(index)].kv_donor >= 0 || last_reader_[static_cast<size_t>(index)] > index)
      return;
    for (const int64_t s : unused) caches[static_cast<size_t>(s)] = {};
  }

  const RunSpec& spec_;
  const ModelConfig& config_;
  const Batch& batch_;
  const BatchPlaces& places_;
  Ops ops_;
  std::vector<Chunk> chunks_;
  std::vector<std::vector<int64_t>> unused_after_;  // per chunk: sequences whose caches nobody reads after it
  std::vector<int64_t> last_reader_;
  std::vector<std::vector<KvCacheLayer>> caches_;  // per layer, per sequence
  std::vector<float> hidden_;                      // (tokens, hidden)
  std::vector<float> ple_;                         // (layers, tokens, ple)
  std::vector<uint64_t> keys_;                     // (tokens), empty without perturbation
  Routing routing_;                                // of the latest layer
};

void check_runs(std::span<const RunSpec> runs) {
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].replay_routing_from >= static_cast<int>(i))
      throw std::invalid_argument(
          fmt::format("run {}: routing can only be replayed from an earlier run", runs[i].name));
    if (runs[i].model->layer_count() != runs.front().model->layer_count())
      throw std::invalid_argument(fmt::format("run {}: {} layers, but {} has {}", runs[i].name,
                                              runs[i].model->layer_count(), runs.front().name,
                                              runs.front().model->layer_count()));
  }
}

}  // namespace

void Batch::add(std::span<const int32_t> sequence, int64_t parent) {
  if (parent < -1 || parent >= sequences())
    throw std::invalid_argument(fmt::format("a sequence can only continue one of the {} before it", sequences()));
  if (parent >= 0 && offsets[static_cast<size_t>(parent)] == offsets[static_cast<size_t>(parent) + 1])
    throw std::invalid_argument("a sequence without tokens cannot be continued");
  parents.resize(static_cast<size_t>(sequences()), -1);
  parents.push_back(parent);
  ids.insert(ids.end(), sequence.begin(), sequence.end());
  offsets.push_back(tokens());
}

std::vector<int64_t> Batch::starts() const {
  std::vector<int64_t> starts(static_cast<size_t>(sequences()), 0);
  for (size_t s = 0; s < std::min(starts.size(), parents.size()); ++s) {
    if (parents[s] < 0) continue;
    const size_t parent = static_cast<size_t>(parents[s]);
    starts[s] = starts[parent] + offsets[parent + 1] - offsets[parent];
  }
  return starts;
}

std::vector<std::vector<float>> run_lockstep(std::span<const RunSpec> runs, const Batch& batch,
                                             const LayerObserver& observer, const ProgressCallback& progress) {
  if (runs.empty()) return {};
  check_runs(runs);
  const BatchPlaces places = places_of(batch);
  Workspace workspace;
  std::vector<std::unique_ptr<LockstepRun>> states;
  std::map<const Model*, int> users;
  for (const RunSpec& run : runs) {
    states.push_back(std::make_unique<LockstepRun>(run, batch, places, workspace));
    ++users[run.model.get()];
  }
  const int64_t layers = runs.front().model->layer_count();
  const int64_t total = layers * static_cast<int64_t>(runs.size());
  for (int64_t l = 0; l < layers; ++l) {
    std::map<const Model*, std::shared_ptr<const LayerWeights>> loaded;
    std::map<const Model*, int> left = users;
    for (size_t i = 0; i < states.size(); ++i) {
      const Model* model = runs[i].model.get();
      if (loaded[model] == nullptr) loaded[model] = model->layer(l);
      const int replay = runs[i].replay_routing_from;
      const Routing* replayed = replay >= 0 ? &states[static_cast<size_t>(replay)]->routing() : nullptr;
      states[i]->layer(l, *loaded[model], replayed != nullptr && replayed->experts > 0 ? replayed : nullptr);
      if (--left[model] == 0) loaded.erase(model);  // so that two large models never lie side by side
      if (progress) progress(l * static_cast<int64_t>(runs.size()) + static_cast<int64_t>(i) + 1, total);
    }
    if (!observer) continue;
    std::vector<LayerState> observed;
    for (const auto& state : states)
      observed.push_back(
          {.hidden = state->hidden(), .routing = state->routing().experts > 0 ? &state->routing() : nullptr});
    observer(l, observed);
  }
  std::vector<std::vector<float>> final_hidden;
  for (const auto& state : states) final_hidden.push_back(state->finish());
  return final_hidden;
}

}  // namespace fp8bench
