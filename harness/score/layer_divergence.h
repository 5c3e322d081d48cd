// Where does the error enter? Hidden states of two runs after every layer. Feed observe() from a LayerObserver of
// run_lockstep.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "harness/engine/lockstep.h"

namespace fp8bench {

struct LayerError {
  int64_t layer = 0;
  double sqnr_db = 0;         // 10 log10(sum ref^2 / sum (cand - ref)^2) over all tokens; kIdenticalDb if bit-identical
  double cosine = 0;          // sum ref cand / sqrt(sum ref^2 sum cand^2), over all tokens at once
  double relative_error = 0;  // sqrt(sum (cand - ref)^2 / sum ref^2)
  double min_token_cosine = 0;
  bool identical = false;
};
// JSON has no infinity; nothing measured comes near (float32 rounding alone is about 150 dB).
inline constexpr double kIdenticalDb = 999.0;

class LayerDivergence {
 public:
  // Indices into the observer's runs.
  LayerDivergence(int64_t reference, int64_t candidate) : reference_(reference), candidate_(candidate) {}
  void observe(int64_t layer, std::span<const LayerState> runs, int64_t hidden_size);
  const std::vector<LayerError>& layers() const { return layers_; }  // in the order of observation
  const LayerError* worst() const;  // lowest SQNR, ties to the first; nullptr if nothing was observed
  // The layer after which SQNR falls most against the layer before: where the error enters, not where it has piled up
  // to.
  const LayerError* largest_drop() const;  // nullptr with fewer than two layers

 private:
  int64_t reference_, candidate_;
  std::vector<LayerError> layers_;
};

}  // namespace fp8bench
