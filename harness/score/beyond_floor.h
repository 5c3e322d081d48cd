// Is a candidate further from the reference than rounding puts it? Two correct FP8 engines differ (the rounding floor),
// so that a distance alone proves nothing: the candidate's distances, document by document, are compared with those of
// the reference against itself under nudged activations (EngineOptions::perturb_seed). The candidate is nudged too,
// with a seed of its own, so that what is found here would be found through any other correct engine.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "harness/engine/lockstep.h"
#include "harness/score/token_divergence.h"

namespace fp8bench {

// One run against the reference; every vector is by document (= sequence of the batch).
struct DocumentDistances {
  std::vector<double> kld;                  // mean KLD of its tokens, nats
  std::vector<std::vector<double>> layer;   // per layer: ln sqrt(sum (run - ref)^2 / sum ref^2) of its hidden states
  std::vector<std::vector<double>> router;  // per MoE layer: mean over tokens of gate_l1 (router_agreement.h)
};

// Fills `layer` and `router` of every run. Feed observe() from a LayerObserver of run_lockstep.
class DistanceObserver {
 public:
  // reference: index into the observer's runs. batch must outlive this.
  DistanceObserver(int64_t reference, const Batch& batch, int64_t hidden_size)
      : reference_(reference), batch_(batch), hidden_size_(hidden_size) {}
  void observe(int64_t layer, std::span<const LayerState> runs);
  std::vector<DocumentDistances> take() { return std::move(runs_); }

 private:
  int64_t reference_;
  const Batch& batch_;
  int64_t hidden_size_;
  std::vector<DocumentDistances> runs_;
};

// tokens: of one run against the reference, in batch order. Documents without a scored token get 0.
std::vector<double> kld_by_document(std::span<const TokenDivergence> tokens, int64_t documents);

struct BeyondFloor {
  double z = 0;          // of the paired difference candidate - mean of the floor's draws, over documents; of the layer
                         // where it is largest
  double threshold = 0;  // z above this is caught
  int64_t layer = -1;    // index into DocumentDistances::layer or ::router; -1: no layers
  bool caught() const { return z > threshold; }
};

// One-sided at `alpha`, Bonferroni over layers, Student's t with documents - 1 degrees of freedom. Throws CheckError
// without a draw of the floor, with fewer than three documents or unequal shapes. A figure that the model does not have
// (a router) is never caught.
struct FloorTests {
  BeyondFloor kld, layer, router;
};
FloorTests beyond_floor(const DocumentDistances& candidate, std::span<const DocumentDistances> floor,
                        double alpha = 0.001);

}  // namespace fp8bench
