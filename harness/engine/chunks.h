// How a batch of sequences is cut so that scratch memory stays bounded. The cut never changes a bit.
#pragma once
#include <cstdint>
#include <vector>

#include "harness/engine/lockstep.h"

namespace fp8bench {

struct ChunkPiece {
  int64_t sequence = 0;
  int64_t first = 0, tokens = 0;  // tokens first .. first + tokens - 1 of the sequence
  bool last = false;              // ends its sequence
};

// Consecutive rows of the batch, at most one piece per sequence.
struct Chunk {
  int64_t row = 0, rows = 0;
  std::vector<ChunkPiece> pieces;
};

// piece > 0: every piece of that many tokens is a chunk of its own. Otherwise whole sequences are collected up to
// max_tokens, and longer ones cut.
std::vector<Chunk> plan_chunks(const Batch& batch, int64_t max_tokens, int64_t piece);

// Tokens whose scratch of one layer fits a fixed budget.
int64_t tokens_per_chunk(const ModelConfig& config);

}  // namespace fp8bench
