#include "harness/engine/head.h"

#include <algorithm>
#include <vector>

#include "harness/engine/value_checks.h"
#include "kernels/gelu_mul/gelu_mul.h"
#include "kernels/native_gemm/native_gemm.h"

namespace fp8bench {
namespace {

const TensorInfo& head_tensor(const Checkpoint& checkpoint) {
  return *(checkpoint.tensors.head != nullptr ? checkpoint.tensors.head : checkpoint.tensors.embedding);
}

}  // namespace

Head::Head(std::shared_ptr<const Model> model, int64_t tile_words, int64_t keep_bytes)
    : model_(std::move(model)),
      tile_words_(tile_words),
      keep_tiles_(head_tensor(model_->checkpoint()).bytes() <= keep_bytes) {}

PackedMatrix Head::load_tile(int64_t first_word) const {
  const TensorSource& source = *model_->checkpoint().source;
  const TensorInfo& tensor = head_tensor(model_->checkpoint());
  const int64_t end = std::min(first_word + tile_words_, vocab());
  std::vector<std::byte> raw(static_cast<size_t>((end - first_word) * tensor.row_bytes()));
  source.read_rows(tensor, first_word, end, raw);
  if (!keep_tiles_) source.release(tensor, first_word, end);
  ValueProblems problems;
  check_values(tensor, raw, first_word, problems);
  problems.raise(source.description());
  return pack_matrix(tensor.dtype, raw, end - first_word, tensor.row_elements());
}

void Head::load() const {
  if (!keep_tiles_ || !tiles_.empty()) return;
  for (int64_t first = 0; first < vocab(); first += tile_words_) tiles_.push_back(load_tile(first));
}

void Head::for_each_tile(const std::function<void(int64_t first_word, const PackedMatrix& tile)>& use) const {
  if (!keep_tiles_) {
    for (int64_t first = 0; first < vocab(); first += tile_words_) use(first, load_tile(first));
    return;
  }
  load();
  for (size_t i = 0; i < tiles_.size(); ++i) use(static_cast<int64_t>(i) * tile_words_, tiles_[i]);
}

void Head::tile_logits(const PackedMatrix& tile, const float* hidden, int64_t rows, const EngineOptions& options,
                       float* out) const {
  const GemmArgs args{.x = hidden, .m = rows, .w = &tile, .row_scales = nullptr, .y = out};
  options.policy == Policy::kNative ? gemm_native(args) : gemm(args);
  const float cap = model_->config().softcap;
  if (cap > 0.0f) softcap(out, rows * tile.n, cap);
}

void Head::logits(const float* hidden, int64_t rows, const EngineOptions& options, float* out) const {
  std::vector<float> part;
  for_each_tile([&](int64_t first, const PackedMatrix& tile) {
    if (tile.n == vocab()) {
      tile_logits(tile, hidden, rows, options, out);
      return;
    }
    part.resize(static_cast<size_t>(rows * tile.n));
    tile_logits(tile, hidden, rows, options, part.data());
    for (int64_t r = 0; r < rows; ++r) std::copy_n(part.data() + r * tile.n, tile.n, out + r * vocab() + first);
  });
}

}  // namespace fp8bench
