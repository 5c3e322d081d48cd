#include "harness/engine/chunks.h"

#include <algorithm>

namespace fp8bench {
namespace {

constexpr int64_t kScratchBytes = int64_t{256} << 20;
constexpr int64_t kMaxTokens = 1024;
constexpr int64_t kMinTokens = 64;

}  // namespace

std::vector<Chunk> plan_chunks(const Batch& batch, int64_t max_tokens, int64_t piece) {
  std::vector<Chunk> chunks;
  Chunk open;
  const auto close = [&] {
    if (open.rows > 0) chunks.push_back(std::move(open));
    open = {};
  };
  const int64_t longest = piece > 0 ? piece : max_tokens;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    const int64_t begin = batch.offsets[static_cast<size_t>(s)];
    const int64_t length = batch.offsets[static_cast<size_t>(s + 1)] - begin;
    for (int64_t first = 0; first < length; first += longest) {
      const int64_t tokens = std::min(longest, length - first);
      if (piece > 0 || first > 0 || open.rows + tokens > max_tokens) close();
      if (open.rows == 0) open.row = begin + first;
      open.rows += tokens;
      open.pieces.push_back({.sequence = s, .first = first, .tokens = tokens, .last = first + tokens == length});
    }
  }
  close();
  return chunks;
}

int64_t tokens_per_chunk(const ModelConfig& config) {
  int64_t attention = 0, ffn = 0;
  for (const LayerConfig& layer : config.layers) {
    attention = std::max(attention, (config.heads + 2 * layer.kv_heads) * layer.head_dim);
    ffn = std::max(ffn, layer.ffn);
  }
  const int64_t floats =
      16 * config.hidden + 4 * attention + 5 * ffn + config.top_k * (2 * config.hidden + 5 * config.moe_ffn);
  return std::clamp(kScratchBytes / (floats * 4), kMinTokens, kMaxTokens);
}

}  // namespace fp8bench
