// Many sequences as a tree of what they share: each token of a common beginning stands in the batch once.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "harness/engine/lockstep.h"

namespace fp8bench {

class PrefixTree {
 public:
  // Equal sequences share all of their tokens. Throws std::invalid_argument for a sequence without tokens.
  explicit PrefixTree(std::span<const std::span<const int32_t>> sequences);

  const Batch& batch() const { return batch_; }
  // The row of the batch that holds token `position` of the given sequence.
  int64_t row(size_t sequence, int64_t position) const;

 private:
  struct Node {
    int64_t start = 0, row = 0, parent = -1;
  };
  void build(std::span<const std::span<const int32_t>> sequences, std::span<const size_t> order);

  Batch batch_;
  std::vector<Node> nodes_;        // one per sequence of the batch
  std::vector<int64_t> end_node_;  // per given sequence: the node of its last token
};

// Indices of the sequences in the order in which neighbours share the most, and how many of its leading tokens each
// shares with the one before it in that order.
struct PrefixOrder {
  std::vector<size_t> order;
  std::vector<int64_t> shared;
};
PrefixOrder prefix_order(std::span<const std::span<const int32_t>> sequences);

}  // namespace fp8bench
