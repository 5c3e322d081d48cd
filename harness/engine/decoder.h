// Many sequences with KV caches that grow at the same time, each at its own pace: what continuous batching needs. The
// bits of a sequence do not depend on the others.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "harness/engine/chunks.h"
#include "harness/engine/ops.h"
#include "harness/engine/weights.h"

namespace fp8bench {

class Decoder {
 public:
  Decoder(std::shared_ptr<const Model> model, const EngineOptions& options);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // What one sequence gets in a step. `parent`: a sequence, perhaps of this step, whose first `start` tokens this one
  // begins with; it must be new (opened and never advanced) and the parent must come earlier in the step or be longer
  // than that already.
  struct Input {
    int64_t sequence = 0;
    std::span<const int32_t> ids;
    int64_t parent = -1, start = 0;
  };

  int64_t open();                          // a new empty sequence
  void close(int64_t sequence);            // forgets it
  int64_t length(int64_t sequence) const;  // tokens so far
  // Forgets every token from position `length` on. Throws std::invalid_argument beyond what there is, and with a
  // perturbation, whose keys depend on all tokens.
  void rewind(int64_t sequence, int64_t length);

  // Appends tokens to sequences, at most one input each: one pass over the weights. Returns the hidden state of the
  // last token of each after the final norm: (inputs, hidden). Throws std::invalid_argument for inputs that cannot be.
  std::vector<float> step(std::span<const Input> inputs);

  const Model& model() const { return *model_; }
  const EngineOptions& options() const { return options_; }
  int64_t bytes_per_token() const;  // of the caches

 private:
  struct Sequence {
    std::vector<KvCacheLayer> caches;  // per layer; those of KV-sharing layers stay empty
    int64_t length = 0;
    uint64_t key = 0;
    bool open = false;
  };
  struct Plan;  // of a step
  Sequence& at(int64_t sequence);
  const Sequence& at(int64_t sequence) const { return const_cast<Decoder*>(this)->at(sequence); }
  Plan plan(std::span<const Input> inputs);
  std::vector<Piece> pieces_of(const Plan& plan, const Chunk& chunk, int64_t layer);

  std::shared_ptr<const Model> model_;
  EngineOptions options_;
  Workspace workspace_;
  Ops ops_;
  std::vector<Sequence> sequences_;
  std::vector<int64_t> free_;
};

}  // namespace fp8bench
