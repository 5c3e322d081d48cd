#include <fmt/core.h>

#include <algorithm>

#include "harness/engine/load_weights.h"
#include "harness/engine/value_checks.h"
#include "harness/engine/weights.h"
#include "harness/io/error.h"
#include "kernels/bf16.h"

namespace fp8bench {
namespace {

int64_t layer_bytes(const Checkpoint& checkpoint) {
  int64_t total = 0;
  for (const TensorInfo& tensor : checkpoint.source->tensors()) total += tensor.bytes();
  for (const TensorInfo* table :
       {checkpoint.tensors.embedding, checkpoint.tensors.head, checkpoint.tensors.ple_embedding})
    if (table != nullptr) total -= table->bytes();
  return total;
}

// Rows of an embedding table by id, times a multiplier. BF16 rows are exact in float32 and so is their product with a
// BF16 number.
void lookup(const TensorSource& source, const TensorInfo& table, int64_t vocab, float multiplier, const int32_t* ids,
            int64_t count, float* out) {
  const int64_t width = table.row_elements();
  const std::span<const std::byte> mapped = source.view(table);
  std::vector<std::byte> row(static_cast<size_t>(table.row_bytes()));
  for (int64_t i = 0; i < count; ++i) {
    if (ids[i] < 0 || ids[i] >= vocab)
      throw InputError(
          fmt::format("token id {} at position {} is outside the vocabulary of {} words", ids[i], i, vocab));
    std::span<const std::byte> bytes = row;
    if (mapped.empty()) {
      source.read_rows(table, ids[i], ids[i] + 1, row);
    } else {
      bytes = mapped.subspan(static_cast<size_t>(ids[i] * table.row_bytes()), row.size());
    }
    ValueProblems problems;
    check_values(table, bytes, ids[i], problems);
    problems.raise(source.description());
    const std::vector<float> values = widen(table.dtype, bytes);
    std::transform(values.begin(), values.end(), out + i * width, [&](float value) { return value * multiplier; });
  }
}

}  // namespace

Model::Model(Checkpoint checkpoint, int64_t resident_limit_bytes) : checkpoint_(std::move(checkpoint)) {
  const TensorMap& tensors = checkpoint_.tensors;
  resident_ = layer_bytes(checkpoint_) <= resident_limit_bytes;
  layers_.resize(static_cast<size_t>(layer_count()));
  ValueProblems problems;
  if (resident_)
    for (int64_t l = 0; l < layer_count(); ++l) layers_[static_cast<size_t>(l)] = load_layer(checkpoint_, l, problems);
  if (tensors.ple_model_projection) {
    per_layer_input_.projection = load_stacked(checkpoint_, std::span(&tensors.ple_model_projection, 1), problems);
    per_layer_input_.norm = load_vector(checkpoint_, *tensors.ple_model_norm);
  }
  problems.raise(checkpoint_.source->description());
  final_norm_ = norm_multiplier(config(), load_vector(checkpoint_, *tensors.final_norm));
}

std::shared_ptr<const LayerWeights> Model::layer(int64_t index) const {
  return resident_ ? layers_[static_cast<size_t>(index)] : load_layer(checkpoint_, index);
}

void Model::embed(const int32_t* ids, int64_t count, float* out) const {
  lookup(*checkpoint_.source, *checkpoint_.tensors.embedding, config().vocab, config().embed_scale, ids, count, out);
}

void Model::embed_per_layer(const int32_t* ids, int64_t count, float* out) const {
  lookup(*checkpoint_.source, *checkpoint_.tensors.ple_embedding, config().ple_vocab, config().ple_scale, ids, count,
         out);
}

}  // namespace fp8bench
