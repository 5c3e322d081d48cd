// The output head (tied embedding) over vocabulary tiles: logits = softcap(head . hidden). Tiles are loaded, used and
// dropped, so a 262,144-word head never has to be packed whole; small heads stay packed.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "harness/engine/options.h"
#include "harness/engine/weights.h"

namespace fp8bench {

class Head {
 public:
  // A head of at most keep_bytes stays packed in memory.
  explicit Head(std::shared_ptr<const Model> model, int64_t tile_words = 8192, int64_t keep_bytes = int64_t{256} << 20);
  int64_t vocab() const { return model_->config().vocab; }
  void load() const;  // a small head now rather than at its first use
  // hidden: (rows, hidden) after the final norm -> out: (rows, vocab), after the softcap. Float32 in every policy:
  // rounded to BF16 they would tie, and a divergence of rounded logits measures the rounding. Policy native multiplies
  // on the BF16 unit, which loses nothing: its hidden rows are BF16 already, and it adds up in float32.
  void logits(const float* hidden, int64_t rows, const EngineOptions& options, float* out) const;

  // The same tile by tile, for what streams over the vocabulary: calls use(first_word, tile) for each in order.
  void for_each_tile(const std::function<void(int64_t first_word, const PackedMatrix& tile)>& use) const;
  // hidden times one tile -> out: (rows, tile.n), after the softcap.
  void tile_logits(const PackedMatrix& tile, const float* hidden, int64_t rows, const EngineOptions& options,
                   float* out) const;

 private:
  PackedMatrix load_tile(int64_t first_word) const;

  std::shared_ptr<const Model> model_;
  int64_t tile_words_;
  bool keep_tiles_;
  mutable std::vector<PackedMatrix> tiles_;  // kept when the head is small
};

}  // namespace fp8bench
