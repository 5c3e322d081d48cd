// The whole MoE branch of a layer: router, sending, gate_up, GELU, down, weighted sum.
#include <algorithm>
#include <array>
#include <deque>

#include "bench/cases/cases.h"
#include "bench/cases/inputs.h"
#include "bench/cases/moe_layer_work.h"
#include "bench/cases/routing.h"
#include "harness/checkpoint/synthetic_weights.h"

namespace fp8bench {
namespace {

constexpr std::array kAxes = {
    Axis{"hidden", Axis::Kind::kCount, "", "", 1, 1 << 17, "width of the residual stream"},
    Axis{"ffn", Axis::Kind::kCount, "", "", 1, 1 << 17, "width of an expert"},
    Axis{"experts", Axis::Kind::kCount, "", "", 1, 4096, "experts of the layer"},
    Axis{"top_k", Axis::Kind::kCount, "", "", 1, 64, "experts of a token"},
    kTokensAxis,
    kRoutingAxis,
    kInputAxis,
    kAccumulateAxis,
    kModeAxis,
    Axis{"contenders", Axis::Kind::kSet, "bf16,f8", "bf16|f8", 0, 0, "who takes part"},
};

std::shared_ptr<const LayerWeights> make_router(int64_t hidden, int64_t experts, uint64_t seed) {
  auto weights = std::make_shared<LayerWeights>();
  std::vector<uint16_t> rows(static_cast<size_t>(experts * hidden));
  fill_synthetic_rows({.seed = seed, .key = synthetic_key(seed, "router"), .columns = hidden, .row_begin = 0},
                      weight_style("router.proj.weight", hidden, 0, 1.0f, 1.0f), rows);
  weights->router = pack_matrix(DType::kBF16, std::as_bytes(std::span(rows)), experts, hidden);
  weights->router_scale.assign(static_cast<size_t>(hidden), 1.0f);
  weights->per_expert_scale = make_inputs("uniform", 1, experts, seed);
  for (float& scale : weights->per_expert_scale) scale = 1.0f + 0.5f * scale;
  return weights;
}

struct Branches {
  std::vector<MoeInput> inputs;
  std::vector<RoutedRows> routed;
  std::deque<MoeLayerWork> bf16, f8;  // one per input: each keeps what its last run made
};

Amount amount_of(const Branches& work, const MoeBranchWeights& weights, const ModelConfig& config) {
  double hit = 0.0;
  for (const RoutedRows& routed : work.routed)
    hit += static_cast<double>(routed.experts_hit()) / static_cast<double>(work.routed.size());
  const double tokens = static_cast<double>(work.inputs.front().tokens),
               rows = tokens * static_cast<double>(config.top_k);
  const double hidden = static_cast<double>(config.hidden), ffn = static_cast<double>(config.moe_ffn);
  return {.bytes = hit * static_cast<double>(weights.gate_up.front().bytes() + weights.down.front().bytes()) +
                   static_cast<double>(weights.router->router.bytes()) + 8.0 * tokens * hidden,
          .flop = 2.0 * tokens * hidden * static_cast<double>(config.experts) + 6.0 * rows * hidden * ffn};
}

BuiltCase build(const CaseSpec& spec, const CaseContext& context) {
  ModelConfig config;
  config.hidden = spec.count("hidden");
  config.moe_ffn = spec.count("ffn");
  config.experts = spec.count("experts");
  config.top_k = spec.count("top_k");
  const int64_t tokens = spec.count("tokens");
  const bool native = is_native(spec), few = tokens <= kFewTokens;
  EngineOptions options;
  options.policy = native ? Policy::kNative : Policy::kF32;

  MoeBranchWeights bf16, f8;
  bf16.router = f8.router = make_router(config.hidden, config.experts, context.seed);
  bf16.owner_gate_up = f8.owner_gate_up = context.weights.get(2 * config.moe_ffn, config.hidden, config.experts);
  bf16.owner_down = f8.owner_down = context.weights.get(config.hidden, config.moe_ffn, config.experts);
  const size_t experts = static_cast<size_t>(config.experts);
  bf16.gate_up = std::span(bf16.owner_gate_up->bf16).first(experts);
  bf16.down = std::span(bf16.owner_down->bf16).first(experts);
  f8.gate_up = std::span(f8.owner_gate_up->f8).first(experts);
  f8.down = std::span(f8.owner_down->f8).first(experts);

  const auto work = std::make_shared<Branches>();
  const int64_t hit = std::min(config.experts, tokens * config.top_k);
  const double read = static_cast<double>(hit * 3 * config.hidden * config.moe_ffn);
  const int wanted = sets_to_rotate(context.environment, mode_of(spec), read);
  const int sets = few ? std::min(16, wanted) : std::min(2, wanted);
  for (int s = 0; s < sets; ++s) {
    const uint64_t seed = context.seed + static_cast<uint64_t>(s);
    MoeInput input{tokens, make_inputs(spec.choice("input"), tokens, config.hidden, seed), {}, {}};
    input.normed = input.residual;
    input.index = make_routing(spec.choice("routing"), tokens, config.experts, config.top_k, seed);
    work->routed.emplace_back(input.index, config.experts, config.top_k);
    work->inputs.push_back(std::move(input));
    work->bf16.emplace_back(bf16, config, options);
    work->f8.emplace_back(f8, config, options);
  }

  BuiltCase built;
  built.sets = sets;
  built.bound = bound_of(tokens);
  built.cache_resident =
      fits_cache(context.environment, 1, static_cast<double>(3 * config.experts * config.hidden * config.moe_ffn));
  built.facts = routing_facts(work->routed);
  // The sets share experts.
  built.footprint =
      static_cast<double>(experts_hit_by_any(work->routed) * (f8.gate_up.front().bytes() + f8.down.front().bytes()));
  const QuantizedInputs quantized(work->inputs.front().normed, config.hidden);
  for (const bool is_f8 : {false, true}) {
    std::deque<MoeLayerWork>& side = is_f8 ? work->f8 : work->bf16;
    built.contenders.push_back(
        {.name = is_f8 ? "f8" : "bf16",
         .run = [work, &side,
                 sets](int i) { side[static_cast<size_t>(i % sets)].run(work->inputs[static_cast<size_t>(i % sets)]); },
         .check = [work, &side, few,
                   seed = context.seed](int s) { return side[static_cast<size_t>(s)].check(few, seed); },
         .amount = amount_of(*work, is_f8 ? f8 : bf16, config),
         .unit = unit_of(native),
         .zero_share = is_f8 ? std::max(zero_share(quantized.codes), zero_share(f8.gate_up.front())) : 0.0});
  }
  return built;
}

}  // namespace

const Op kMoeLayerOp{"moe_layer", "the MoE branch of a layer, router to weighted sum; f8 includes every quantization",
                     kAxes, build};

}  // namespace fp8bench
