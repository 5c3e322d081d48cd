#include "harness/engine/weights.h"

#include <fmt/core.h>

#include <array>

#include "harness/engine/load_weights.h"
#include "harness/engine/value_checks.h"
#include "harness/io/error.h"
#include "kernels/parallel.h"
#include "kernels/rope/rope.h"

namespace fp8bench {
namespace {

std::vector<float> vector_of(const Checkpoint& checkpoint, const TensorInfo* tensor, ValueProblems& problems) {
  if (tensor == nullptr) return {};
  if (tensor->dtype != DType::kBF16 && tensor->dtype != DType::kF32) {
    problems.add(fmt::format("{}: expected BF16 or F32, found {}", tensor->name, dtype_name(tensor->dtype)));
    return std::vector<float>(static_cast<size_t>(tensor->elements()));
  }
  const std::vector<std::byte> bytes = checkpoint.source->read(*tensor);
  check_values(*tensor, bytes, 0, problems);
  return widen(tensor->dtype, bytes);
}

// The scales of rows [row_begin, row_begin + outputs) of one linear, appended.
void append_scales(const Checkpoint& checkpoint, const LinearRef& linear, std::vector<float>& scales,
                   ValueProblems& problems) {
  const TensorInfo& tensor = *linear.scale;
  std::vector<std::byte> bytes(static_cast<size_t>(linear.outputs * tensor.row_bytes()));
  checkpoint.source->read_rows(tensor, linear.row_begin, linear.row_begin + linear.outputs, bytes);
  const std::vector<float> widened = widen(tensor.dtype, bytes);
  check_scales(tensor, widened, linear.row_begin, problems);
  scales.insert(scales.end(), widened.begin(), widened.end());
}

void load_experts(const Checkpoint& checkpoint, const LayerTensors& t, LayerWeights& w, ValueProblems& problems) {
  const int64_t experts = static_cast<int64_t>(t.expert_gate.size());
  w.expert_gate_up.resize(static_cast<size_t>(experts));
  w.expert_down.resize(static_cast<size_t>(experts));
  std::vector<ValueProblems> found(static_cast<size_t>(experts));  // per expert, so that the list has an order
  // Expert by expert: the raw rows of one are gone before a thread reads its next, so the layer is never held twice.
  parallel_for(experts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const size_t e = static_cast<size_t>(i);
      w.expert_gate_up[e] = load_stacked(checkpoint, std::array{t.expert_gate[e], t.expert_up[e]}, found[e]);
      w.expert_down[e] = load_stacked(checkpoint, std::array{t.expert_down[e]}, found[e]);
    }
  });
  for (const ValueProblems& of_expert : found) problems.append(of_expert);
  // One grouped product runs all experts of a layer, so they share one way of computing.
  const auto check_dtype = [&](const LinearRef& ref, const PackedMatrix& first, const PackedMatrix& matrix) {
    if (matrix.dtype != first.dtype)
      problems.add(fmt::format("{}: expected {} as expert 0 of its layer, found {}", ref.weight->name,
                               dtype_name(first.dtype), dtype_name(matrix.dtype)));
  };
  for (size_t e = 1; e < static_cast<size_t>(experts); ++e) {
    check_dtype(t.expert_gate[e], w.expert_gate_up[0], w.expert_gate_up[e]);
    check_dtype(t.expert_down[e], w.expert_down[0], w.expert_down[e]);
  }
}

}  // namespace

// Before any op sees it, and in float32, which is where transformers adds the 1.
std::vector<float> norm_multiplier(const ModelConfig& config, std::vector<float> weight) {
  if (config.norm_plus_one)
    for (float& value : weight) value += 1.0f;
  return weight;
}

PackedMatrix load_stacked(const Checkpoint& checkpoint, std::span<const LinearRef> parts, ValueProblems& problems) {
  const LinearRef& first = parts.front();
  if (!first) return {};
  const DType dtype = first.weight->dtype;
  int64_t outputs = 0;
  for (const LinearRef& part : parts) {
    outputs += part.outputs;
    if (part.weight->dtype != dtype) {
      problems.add(fmt::format("{}: expected {} as {}, with which it is one matrix; found {}", part.weight->name,
                               dtype_name(dtype), first.weight->name, dtype_name(part.weight->dtype)));
      return {};
    }
  }
  const int64_t row_bytes = first.weight->row_bytes();
  std::vector<std::byte> raw(static_cast<size_t>(outputs * row_bytes));
  std::vector<float> scales;
  std::span<std::byte> rest = raw;
  const size_t sound = problems.size();
  for (const LinearRef& part : parts) {
    const std::span<std::byte> rows = rest.first(static_cast<size_t>(part.outputs * row_bytes));
    rest = rest.subspan(rows.size());
    const int64_t row_end = part.row_begin + part.outputs;
    checkpoint.source->read_rows(*part.weight, part.row_begin, row_end, rows);
    checkpoint.source->release(*part.weight, part.row_begin, row_end);
    check_values(*part.weight, rows, part.row_begin, problems);
    if (dtype == DType::kF8E4M3) append_scales(checkpoint, part, scales, problems);
  }
  if (problems.size() > sound) {  // the load fails at its end: nothing to pack, only the rest to look through
    PackedMatrix unusable;
    unusable.dtype = dtype;
    return unusable;
  }
  return pack_matrix(dtype, raw, outputs, first.inputs, scales);
}

std::shared_ptr<const LayerWeights> load_layer(const Checkpoint& checkpoint, int64_t layer, ValueProblems& problems) {
  const LayerTensors& t = checkpoint.tensors.layers[static_cast<size_t>(layer)];
  const LayerConfig& config = checkpoint.config.layers[static_cast<size_t>(layer)];
  auto weights = std::make_shared<LayerWeights>();
  LayerWeights& w = *weights;
  const auto vector = [&](const TensorInfo* tensor) { return vector_of(checkpoint, tensor, problems); };
  const auto linear = [&](const LinearRef& ref) { return load_stacked(checkpoint, std::array{ref}, problems); };
  const auto norm = [&](const TensorInfo* tensor) { return norm_multiplier(checkpoint.config, vector(tensor)); };
  w.input_norm = norm(t.input_norm);
  w.post_attention_norm = norm(t.post_attention_norm);
  w.pre_ffn_norm = norm(t.pre_ffn_norm);
  w.post_ffn_norm = norm(t.post_ffn_norm);
  w.pre_moe_norm = norm(t.pre_moe_norm);
  w.post_dense_norm = norm(t.post_dense_norm);
  w.post_moe_norm = norm(t.post_moe_norm);
  w.q_norm = norm(t.q_norm);
  if (config.kv_donor < 0) w.k_norm = norm(t.k_norm);
  if (t.layer_scalar != nullptr) w.layer_scalar = vector(t.layer_scalar).front();
  w.q = linear(t.q);
  if (config.kv_donor < 0) {
    w.k = linear(t.k);
    if (!config.v_from_k) w.v = linear(t.v);
  }
  w.o = linear(t.o);
  if (config.ffn > 0) w.gate_up = load_stacked(checkpoint, std::array{t.gate, t.up}, problems);
  w.down = linear(t.down);
  w.router = linear(t.router);
  w.router_scale = vector(t.router_scale);
  w.per_expert_scale = vector(t.per_expert_scale);
  if (!t.expert_gate.empty()) load_experts(checkpoint, t, w, problems);
  w.ple_gate = linear(t.ple_gate);
  w.ple_projection = linear(t.ple_projection);
  w.ple_norm = norm(t.ple_norm);
  w.rope_inv_freq = rope_inv_freq(config.rope_theta, config.head_dim, config.rope_rotated);
  return weights;
}

std::shared_ptr<const LayerWeights> load_layer(const Checkpoint& checkpoint, int64_t layer) {
  ValueProblems problems;
  std::shared_ptr<const LayerWeights> weights = load_layer(checkpoint, layer, problems);
  problems.raise(checkpoint.source->description());
  return weights;
}

PackedMatrix load_linear(const Checkpoint& checkpoint, const LinearRef& linear) {
  ValueProblems problems;
  PackedMatrix matrix = load_stacked(checkpoint, std::array{linear}, problems);
  problems.raise(checkpoint.source->description());
  return matrix;
}

std::vector<float> load_vector(const Checkpoint& checkpoint, const TensorInfo& tensor) {
  ValueProblems problems;
  std::vector<float> vector = vector_of(checkpoint, &tensor, problems);
  problems.raise(checkpoint.source->description());
  return vector;
}

int64_t LayerWeights::bytes() const {
  int64_t total = 0;
  for (const PackedMatrix* m : {&q, &k, &v, &o, &gate_up, &down, &router, &ple_gate, &ple_projection})
    total += m->bytes();
  for (const auto* experts : {&expert_gate_up, &expert_down})
    for (const PackedMatrix& m : *experts) total += m.bytes();
  for (const auto* vector :
       {&input_norm, &post_attention_norm, &pre_ffn_norm, &post_ffn_norm, &pre_moe_norm, &post_dense_norm,
        &post_moe_norm, &q_norm, &k_norm, &router_scale, &per_expert_scale, &ple_norm, &rope_inv_freq})
    total += static_cast<int64_t>(vector->size() * sizeof(float));
  return total;
}

}  // namespace fp8bench
