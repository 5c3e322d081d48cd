// Items -> sequences -> right or wrong, without generating a token: under teacher forcing an exact item is right iff
// every target token is the argmax at its place, which is exactly when greedy decoding would have written the target.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "datasets/task.h"
#include "harness/score/score_head.h"

namespace fp8bench {

// The sequences to run for a list of items, and which rows of their hidden states predict which target token. A
// sequence is context + target without its last token (whose output nobody needs). Choices of one item that give the
// same sequence share it: single-token choices cost one sequence together.
struct ItemBatch {
  struct Answer {  // one target of one item: an exact item has one, a choice item one per choice
    int64_t item = 0;
    int64_t first = 0, count = 0;  // into rows
  };
  Batch batch;
  std::vector<RowTarget> rows;
  std::vector<Answer> answers;  // by item, then by choice
};
// Throws CheckError on an item without context or target tokens.
ItemBatch build_item_batch(std::span<const TaskItem> items);

struct ItemScore {
  bool correct = false;
  double gold_logprob = 0;  // ln p of the target or of the gold choice, summed over its tokens, nats
  int32_t picked = 0;       // choice: index of the choice with the largest summed logprob, ties to the first;
                            // exact: number of leading target tokens that are argmax
};

// run: the hidden states of items.batch (after the final norm). One score per item. Only the rows that predict targets
// pass the head.
std::vector<ItemScore> score_items(std::span<const TaskItem> items, const ItemBatch& batch, const ScoredRun& run,
                                   const ScoreHeadOptions& options = {});

double accuracy(std::span<const ItemScore> scores);  // ratio

}  // namespace fp8bench
