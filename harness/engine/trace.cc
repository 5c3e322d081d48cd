#include "harness/engine/trace.h"

#include <fmt/core.h>

#include <cstring>
#include <string>

#include "harness/engine/embedding.h"
#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"
#include "harness/engine/session.h"

namespace fp8bench {
namespace {

template <typename T>
NamedTensor tensor(std::string name, DType dtype, std::vector<int64_t> shape, const T* values) {
  NamedTensor made{.info = {.name = std::move(name), .dtype = dtype, .shape = std::move(shape), .shard = {}},
                   .data = {}};
  made.data.resize(static_cast<size_t>(made.info.bytes()));
  std::memcpy(made.data.data(), values, made.data.size());
  return made;
}

// The inputs of the first layer, and those that go to every layer in the goldens' order (tokens, layers, ple).
void trace_inputs(const Model& model, const EngineOptions& options, std::span<const int32_t> ids,
                  std::vector<NamedTensor>& out) {
  const ModelConfig& config = model.config();
  const int64_t tokens = static_cast<int64_t>(ids.size());
  Workspace workspace;
  Ops ops(config, options, workspace);
  const Rows x = ops.rows(tokens, config.hidden);
  embed_tokens(model, ops, ids, x);
  out.push_back(tensor("embed", DType::kF32, {tokens, config.hidden}, x.data));
  if (config.ple == 0) return;
  const int64_t layers = model.layer_count();
  std::vector<uint64_t> keys(ids.size());
  uint64_t state = first_token_key(options.perturb_seed);
  token_keys(state, ids, keys.data());
  std::vector<float> by_layer(static_cast<size_t>(layers * tokens * config.ple)), by_token(by_layer.size());
  per_layer_inputs(model, ops, ids,
                   {.pieces = {}, .positions = nullptr, .keys = options.perturb_seed != 0 ? keys.data() : nullptr}, x,
                   by_layer.data(), tokens);
  for (int64_t l = 0; l < layers; ++l)
    for (int64_t t = 0; t < tokens; ++t)
      std::memcpy(by_token.data() + (t * layers + l) * config.ple, by_layer.data() + (l * tokens + t) * config.ple,
                  static_cast<size_t>(config.ple) * sizeof(float));
  out.push_back(tensor("per_layer_inputs", DType::kF32, {tokens, layers, config.ple}, by_token.data()));
}

void trace_layer(int64_t layer, const LayerState& state, int64_t tokens, std::vector<NamedTensor>& out) {
  const auto name = [&](const char* what) { return fmt::format("layer.{}.{}", layer, what); };
  const int64_t width = static_cast<int64_t>(state.hidden.size()) / tokens;
  out.push_back(tensor(name("out"), DType::kF32, {tokens, width}, state.hidden.data()));
  if (state.routing == nullptr) return;
  const Routing& routing = *state.routing;
  out.push_back(tensor(name("router_logits"), DType::kF32, {tokens, routing.experts}, routing.logits.data()));
  out.push_back(tensor(name("topk_index"), DType::kI32, {tokens, routing.top_k}, routing.index.data()));
  out.push_back(tensor(name("topk_weights"), DType::kF32, {tokens, routing.top_k}, routing.weight.data()));
}

}  // namespace

std::vector<NamedTensor> trace_sequence(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                                        std::span<const int32_t> ids, int64_t generate) {
  const int64_t tokens = static_cast<int64_t>(ids.size());
  std::vector<NamedTensor> out;
  out.push_back(tensor("input_ids", DType::kI32, {tokens}, ids.data()));
  trace_inputs(*model, options, ids, out);

  Batch batch;
  batch.add(ids);
  const RunSpec run{.name = "trace", .model = model, .options = options};
  const std::vector<float> hidden =
      run_lockstep(std::span(&run, 1), batch, [&](int64_t layer, std::span<const LayerState> runs) {
        trace_layer(layer, runs.front(), tokens, out);
      }).front();
  out.push_back(tensor("final_norm", DType::kF32, {tokens, model->config().hidden}, hidden.data()));

  const Head head(model);
  std::vector<float> logits(static_cast<size_t>(tokens * head.vocab()));
  head.logits(hidden.data(), tokens, options, logits.data());
  out.push_back(tensor("logits", DType::kF32, {tokens, head.vocab()}, logits.data()));

  if (generate > 0) {
    Session session(model, options);
    const std::vector<int32_t> continued = generate_greedy(session, ids, generate);
    out.push_back(tensor("gen.tokens", DType::kI32, {static_cast<int64_t>(continued.size())}, continued.data()));
  }
  return out;
}

}  // namespace fp8bench
