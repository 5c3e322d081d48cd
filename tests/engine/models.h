// The tiny checkpoints as models: as stored, and FP8 derived on the fly where there is no stored one.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"
#include "tests/engine/golden.h"

namespace fp8bench::test {

struct NamedModel {
  std::string name;
  std::shared_ptr<const Model> model;
};

// tiny-moe always; tiny-e2b (KV sharing, per-layer embeddings) where FP8BENCH_DATA has it; each in BF16 and FP8.
inline std::vector<NamedModel> tiny_models() {
  std::vector<NamedModel> models;
  for (const char* name : {"tiny-moe", "tiny-e2b"}) {
    const std::filesystem::path folder = golden_path(name);
    if (folder.empty()) continue;
    const TensorSourcePtr bf16 = open_safetensors_source(folder / "bf16");
    models.push_back({std::string(name) + " bf16", std::make_shared<const Model>(open_checkpoint(bf16))});
    models.push_back({std::string(name) + " fp8", std::make_shared<const Model>(open_checkpoint(quantized(bf16)))});
  }
  return models;
}

inline std::vector<float> final_hidden(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                                       const Batch& batch) {
  const RunSpec run{.name = "test", .model = model, .options = options};
  return run_lockstep(std::span(&run, 1), batch).front();
}

inline std::vector<float> final_hidden(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                                       const std::vector<int32_t>& ids) {
  Batch batch;
  batch.add(ids);
  return final_hidden(model, options, batch);
}

inline std::vector<float> all_logits(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                                     const std::vector<int32_t>& ids) {
  const std::vector<float> hidden = final_hidden(model, options, ids);
  const Head head(model);
  std::vector<float> logits(ids.size() * static_cast<size_t>(head.vocab()));
  head.logits(hidden.data(), static_cast<int64_t>(ids.size()), options, logits.data());
  return logits;
}

// Equal bits, not equal values: -0 and 0 differ here.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// What a test varies: every KV dtype, and a perturbed run, because the perturbation must follow its text as well.
inline std::vector<EngineOptions> option_variants() {
  return {{},
          {.kv = KvDType::kBF16},
          {.kv = KvDType::kF8E4M3},
          {.policy = Policy::kBF16},
          {.linear = LinearMode::kActivationsOnly},
          {.linear = LinearMode::kWeightsOnly},
          {.perturb_seed = 7}};
}

}  // namespace fp8bench::test
