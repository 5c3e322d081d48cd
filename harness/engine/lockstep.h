// The lock-step runner: all sequences through layer l of every run before layer l + 1, so that each checkpoint is read
// once however many prompts there are, and only one layer of each has to fit in memory.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/options.h"
#include "harness/engine/weights.h"

namespace fp8bench {

// Sequences of token ids, back to back. Sequence s holds tokens offsets[s] .. offsets[s+1]-1, positions from 0, or, if
// it continues another one, from where that one ends: what many sequences begin with is then computed once, and every
// token still has the bits that it has in a sequence of its own.
struct Batch {
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets = {0};
  std::vector<int64_t> parents;  // per sequence: an earlier one, which it continues, or -1
  int64_t tokens() const { return static_cast<int64_t>(ids.size()); }
  int64_t sequences() const { return static_cast<int64_t>(offsets.size()) - 1; }
  // Throws std::invalid_argument unless parent is -1 or a sequence that is already there.
  void add(std::span<const int32_t> sequence, int64_t parent = -1);
  std::vector<int64_t> starts() const;  // per sequence: the position of its first token
};

// One engine: a checkpoint and how it computes.
struct RunSpec {
  std::string name;
  std::shared_ptr<const Model> model;
  EngineOptions options;
  int replay_routing_from =
      -1;  // index of an earlier run whose expert choice is forced on this one (weights stay its own)
};

struct Routing {  // of one layer; empty on layers without MoE
  int64_t experts = 0, top_k = 0;
  std::vector<float> logits;   // (tokens, experts)
  std::vector<int32_t> index;  // (tokens, top_k), best first
  std::vector<float> weight;   // (tokens, top_k), after per_expert_scale
};

// A run after a layer.
struct LayerState {
  std::span<const float> hidden;  // (tokens, hidden)
  const Routing* routing = nullptr;
};

using LayerObserver = std::function<void(int64_t layer, std::span<const LayerState> runs)>;
using ProgressCallback = std::function<void(int64_t done, int64_t total)>;

// Returns, per run, the hidden states after the final norm: (tokens, hidden).
std::vector<std::vector<float>> run_lockstep(std::span<const RunSpec> runs, const Batch& batch,
                                             const LayerObserver& observer = {}, const ProgressCallback& progress = {});

}  // namespace fp8bench
