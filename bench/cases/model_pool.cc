#include "bench/cases/model_pool.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <limits>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

double elements(const PackedMatrix& matrix) { return static_cast<double>(matrix.n) * static_cast<double>(matrix.k); }

void count_layer(const LayerWeights& w, int64_t top_k, LoadedModel& loaded) {
  for (const PackedMatrix* m :
       {&w.q, &w.k, &w.v, &w.o, &w.gate_up, &w.down, &w.router, &w.ple_gate, &w.ple_projection}) {
    loaded.token_bytes += static_cast<double>(m->bytes());
    loaded.token_flop += 2.0 * elements(*m);
  }
  for (const auto* experts : {&w.expert_gate_up, &w.expert_down}) {
    if (experts->empty()) continue;
    loaded.token_bytes += static_cast<double>(top_k * experts->front().bytes());
    loaded.token_flop += 2.0 * static_cast<double>(top_k) * elements(experts->front());
  }
  loaded.layer_bytes += static_cast<double>(w.bytes());
}

int64_t source_bytes(const TensorSource& source) {
  int64_t total = 0;
  for (const TensorInfo& tensor : source.tensors()) total += tensor.bytes();
  return total;
}

LoadedModel load(const std::string& spec) {
  const auto start = std::chrono::steady_clock::now();
  const TensorSourcePtr source = open_source(spec);
  const int64_t bytes = source_bytes(*source);
  const int64_t memory = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  if (bytes > memory / 10 * 6)
    throw InputError(
        fmt::format("{}: {:.1f} GB of weights are to be in memory, which has {:.1f} GB\nhint: a slice, such as "
                    "synth:gemma-4-26b-a4b?layers=2, measures the same layers",
                    spec, static_cast<double>(bytes) / 1e9, static_cast<double>(memory) / 1e9));
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  LoadedModel loaded;
  loaded.model = std::make_shared<const Model>(open_checkpoint(source), kAll);
  loaded.head = std::make_shared<const Head>(loaded.model, 8192, kAll);
  for (int64_t l = 0; l < loaded.model->layer_count(); ++l)
    count_layer(*loaded.model->layer(l), loaded.model->config().top_k, loaded);
  loaded.head->for_each_tile([&](int64_t, const PackedMatrix& tile) {
    loaded.head_bytes += static_cast<double>(tile.bytes());
    loaded.head_flop += 2.0 * elements(tile);
  });
  loaded.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return loaded;
}

}  // namespace

ModelPool::ModelPool(std::string bf16, std::string fp8)
    : bf16_(std::move(bf16)), fp8_(fp8.empty() ? "quantized:" + bf16_ : std::move(fp8)) {}

const LoadedModel& ModelPool::get(bool fp8) {
  std::optional<LoadedModel>& loaded = loaded_[fp8 ? 1 : 0];
  if (!loaded) loaded = load(spec(fp8));
  return *loaded;
}

}  // namespace fp8bench
