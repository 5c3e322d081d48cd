#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>

#include "harness/engine/load_weights.h"
#include "harness/engine/op_checks.h"
#include "harness/engine/selftest.h"
#include "harness/engine/value_checks.h"
#include "kernels/native_gemm/native_gemm.h"

namespace fp8bench {
namespace {

// The first sliding and the first full layer, and of each the first with and without experts: between them they have
// every shape of the model but widths of E2B's sharing layers.
std::vector<int64_t> sampled_layers(const ModelConfig& config) {
  std::vector<int64_t> layers;
  for (const bool sliding : {true, false})
    for (const bool moe : {true, false})
      for (size_t l = 0; l < config.layers.size(); ++l)
        if (config.layers[l].sliding == sliding && config.layers[l].moe == moe) {
          layers.push_back(static_cast<int64_t>(l));
          break;
        }
  return layers;
}

class ModelCheck {
 public:
  ModelCheck(const Model& model, uint64_t seed, int64_t samples, bool native)
      : checkpoint_(model.checkpoint()), config_(model.config()), samples_(samples), seed_(seed), native_(native) {}

  void layer(int64_t index) {
    const LayerTensors& t = checkpoint_.tensors.layers[static_cast<size_t>(index)];
    const LayerConfig& layer = config_.layers[static_cast<size_t>(index)];
    linear("q_proj", {t.q});
    linear("k_proj", {t.k});
    if (!layer.v_from_k) linear("v_proj", {t.v});
    linear("o_proj", {t.o});
    linear("gate_up_proj", {t.gate, t.up});
    linear("down_proj", {t.down});
    linear("router", {t.router});
    if (!t.expert_gate.empty()) experts(t);
    linear("per_layer_input_gate", {t.ple_gate});
    linear("per_layer_projection", {t.ple_projection});
    vector_ops(layer);
  }

  std::vector<SelfTestItem> items;

 private:
  static std::string on_unit(const std::string& what) { return fmt::format("{} on {}", what, native_unit()); }
  bool is_new(const std::string& what) { return seen_.insert(what).second; }

  void linear(const char* name, const std::vector<LinearRef>& parts) {
    if (!parts.front()) return;
    const PackedMatrix weight = load(parts);
    const std::string what = fmt::format("gemm {} {}x{} {}", name, weight.n, weight.k, dtype_name(weight.dtype));
    if (!is_new(what)) return;
    items.push_back(check_gemm(what, weight, samples_, next_seed()));
    if (native_) items.push_back(check_gemm(on_unit(what), weight, samples_, next_seed(), GemmKind::kNative));
  }

  void experts(const LayerTensors& t) {
    std::vector<PackedMatrix> gate_up, down;
    const size_t count = t.expert_gate.size();
    for (const size_t e : {size_t{0}, count / 2, count - 1}) {  // three of them: an expert is one matrix like another
      gate_up.push_back(load({t.expert_gate[e], t.expert_up[e]}));
      down.push_back(load({t.expert_down[e]}));
    }
    for (const auto& [name, matrices] : {std::pair{"gate_up", &gate_up}, std::pair{"down", &down}}) {
      const PackedMatrix& first = matrices->front();
      const std::string what = fmt::format("grouped_gemm {} {}x{} {}", name, first.n, first.k, dtype_name(first.dtype));
      if (!is_new(what)) continue;
      items.push_back(check_grouped_gemm(what, *matrices, samples_, next_seed()));
      if (native_)
        items.push_back(check_grouped_gemm(on_unit(what), *matrices, samples_, next_seed(), GemmKind::kNative));
    }
  }

  void vector_ops(const LayerConfig& layer) {
    const auto add = [&](const std::string& what, auto&& check) {
      if (is_new(what)) items.push_back(check(what));
    };
    for (const int64_t width : {config_.hidden, layer.head_dim})
      add(fmt::format("rmsnorm {}", width),
          [&](const auto& what) { return check_rmsnorm(what, width, config_.rms_eps, next_seed()); });
    for (const int64_t width : {config_.hidden, layer.ffn, config_.heads * layer.head_dim, config_.moe_ffn})
      if (width > 0)
        add(fmt::format("quantize {}", width),
            [&](const auto& what) { return check_quantize(what, width, next_seed()); });
    for (const int64_t width : {layer.ffn, config_.moe_ffn})
      if (width > 0)
        config_.activation == Activation::kSilu
            ? add(fmt::format("silu_mul {}", width),
                  [&](const auto& what) { return check_silu_mul(what, width, next_seed()); })
            : add(fmt::format("gelu_mul {}", width),
                  [&](const auto& what) { return check_gelu_mul(what, width, next_seed()); });
    add(fmt::format("rope head_dim {} pairs {}", layer.head_dim, layer.rope_rotated),
        [&](const auto& what) { return check_rope(what, layer, config_.heads, next_seed()); });
    const int64_t window = layer.sliding ? config_.window : 0;
    add(fmt::format("attention {} heads, {} kv, head_dim {}, window {}", config_.heads, layer.kv_heads, layer.head_dim,
                    window),
        [&](const auto& what) { return check_attention(what, layer, config_.heads, window, next_seed()); });
    if (config_.experts > 0)
      add(fmt::format("router top {} of {}", config_.top_k, config_.experts),
          [&](const auto& what) { return check_router(what, config_.experts, config_.top_k, next_seed()); });
  }

  PackedMatrix load(const std::vector<LinearRef>& parts) const {
    ValueProblems problems;
    PackedMatrix matrix = load_stacked(checkpoint_, parts, problems);
    problems.raise(checkpoint_.source->description());
    return matrix;
  }

  uint64_t next_seed() { return ++seed_; }

  const Checkpoint& checkpoint_;
  const ModelConfig& config_;
  int64_t samples_;
  uint64_t seed_;
  bool native_;
  std::set<std::string> seen_;
};

}  // namespace

SelfTestReport selftest_kernels(const std::shared_ptr<const Model>& model, uint64_t seed, int64_t samples,
                                Policy policy) {
  const auto start = std::chrono::steady_clock::now();
  ModelCheck check(*model, seed, samples, policy == Policy::kNative && !native_unit().empty());
  for (const int64_t layer : sampled_layers(model->config())) check.layer(layer);
  SelfTestReport report{.items = std::move(check.items)};
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace fp8bench
