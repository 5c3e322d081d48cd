// Stage 3: how far is FP8 from BF16 on held-out text, what of it is routing, and how much is the rounding floor that
// two correct FP8 engines differ by. One lock-step pass holds every run, so each layer's weights are read once.
#include <fmt/core.h>

#include <algorithm>

#include "bench/suites/moe.h"
#include "harness/engine/head.h"
#include "harness/score/score_head.h"

namespace fp8bench {
namespace {

constexpr uint64_t kFloorSeeds[] = {101, 102, 103};

// The runs of the pass, by what they answer. Candidates of BF16 come first, then those of FP8 itself.
enum Run : size_t {
  kBf16,
  kFp8,
  kReplay,
  kWeightsOnly,
  kActivationsOnly,
  kFp8Kv,
  kBf16Kv,
  kOtherShape,
  kBf16OtherPolicy,
  kFp8OtherPolicy,
  kNudged
};

std::vector<RunSpec> make_runs(const MoeContext& context) {
  EngineOptions base;
  base.policy = context.policy;
  base.fault = context.engine_fault;
  const auto with = [&](auto change) {
    EngineOptions options = base;
    change(options);
    return options;
  };
  const Policy other = context.policy == Policy::kF32 ? Policy::kBF16 : Policy::kF32;
  std::vector<RunSpec> runs(kNudged);
  runs[kBf16] = {"bf16", context.bf16, base, -1};
  runs[kFp8] = {"fp8", context.fp8, base, -1};
  runs[kReplay] = {"fp8, BF16 routing", context.fp8, base, kBf16};
  runs[kWeightsOnly] = {"w8a16", context.fp8, with([](EngineOptions& o) { o.linear = LinearMode::kWeightsOnly; }), -1};
  runs[kActivationsOnly] = {"w16a8", context.bf16,
                            with([](EngineOptions& o) { o.linear = LinearMode::kActivationsOnly; }), -1};
  runs[kFp8Kv] = {"fp8, FP8 KV", context.fp8, with([](EngineOptions& o) { o.kv = KvDType::kF8E4M3; }), -1};
  runs[kBf16Kv] = {"bf16, FP8 KV", context.bf16, with([](EngineOptions& o) { o.kv = KvDType::kF8E4M3; }), -1};
  runs[kOtherShape] = {"bf16, other shape", context.bf16, with([](EngineOptions& o) { o.prefill_piece = 7; }), -1};
  runs[kBf16OtherPolicy] = {"bf16, other policy", context.bf16, with([&](EngineOptions& o) { o.policy = other; }), -1};
  runs[kFp8OtherPolicy] = {"fp8, other policy", context.fp8, with([&](EngineOptions& o) { o.policy = other; }), -1};
  for (const uint64_t seed : kFloorSeeds)
    runs.push_back({"fp8 nudged", context.fp8, with([&](EngineOptions& o) { o.perturb_seed = seed; }), -1});
  return runs;
}

struct Scorer {
  const std::vector<RunSpec>& runs;
  const std::vector<std::vector<float>>& hidden;
  const Batch& batch;
  Head bf16_head, fp8_head;
  SummaryOptions summary;
  ScoreHeadOptions head_options;

  ScoredRun scored(size_t run) const {
    const Head& head = runs[run].model == runs[kBf16].model ? bf16_head : fp8_head;
    return scored_run(head, runs[run].options, hidden[run], batch.tokens());
  }
  std::vector<DivergenceSummary> against(size_t reference, const std::vector<size_t>& candidates) const {
    std::vector<ScoredRun> scored_candidates;
    for (const size_t run : candidates) scored_candidates.push_back(scored(run));
    std::vector<DivergenceSummary> summaries;
    for (const auto& tokens : score_heads(scored(reference), scored_candidates, batch, head_options))
      summaries.push_back(summarize(tokens, summary));
    return summaries;
  }
};

void score_rows_of(QualityStage& stage, const MoeContext& context, const Scorer& scorer) {
  const std::string other = context.policy == Policy::kF32 ? "bf16" : "f32";
  struct Against {
    size_t run;
    const char* key;
    std::string what;
  };
  std::vector<Against> against_bf16 = {
      {kFp8, "fp8", "FP8 (W8A8)"},
      {kReplay, "fp8_bf16_routing", "  arithmetic share: BF16 routing replayed"},
      {kWeightsOnly, "w8a16", "  weights only (W8A16)"},
      {kActivationsOnly, "w16a8", "  activations only (W16A8)"},
      {kFp8Kv, "fp8_kv8", "FP8 with FP8 KV cache"},
      {kBf16Kv, "bf16_kv8", "  BF16 with FP8 KV cache"},
      {kOtherShape, "a_a", "floor: BF16 in another batch shape"},
      {kBf16OtherPolicy, "bf16_policy", "floor: BF16 in policy " + other},
  };
  if (context.bf16->config().experts == 0)
    std::erase_if(against_bf16, [](const Against& row) { return row.run == kReplay; });
  std::vector<size_t> candidates;
  for (const Against& row : against_bf16) candidates.push_back(row.run);
  std::vector<DivergenceSummary> summaries = scorer.against(kBf16, candidates);
  for (size_t i = 0; i < summaries.size(); ++i)
    stage.rows.push_back({against_bf16[i].key, against_bf16[i].what, std::move(summaries[i])});

  candidates = {kFp8OtherPolicy};
  for (size_t i = 0; i < std::size(kFloorSeeds); ++i) candidates.push_back(kNudged + i);
  summaries = scorer.against(kFp8, candidates);
  stage.floor_rows.push_back({"fp8_policy", "floor: FP8 in policy " + other, std::move(summaries[0])});
  for (size_t i = 0; i < std::size(kFloorSeeds); ++i) {
    stage.draws.push_back(floor_draw(kFloorSeeds[i], summaries[i + 1]));
    stage.floor_rows.push_back({fmt::format("fp8_nudged_{}", kFloorSeeds[i]),
                                fmt::format("floor: FP8 nudged, seed {}", kFloorSeeds[i]),
                                std::move(summaries[i + 1])});
  }
  stage.floor = combine_floor(stage.draws);
}

}  // namespace

const DivergenceRow* QualityStage::find(const std::string& key) const {
  for (const DivergenceRow& row : rows)
    if (row.key == key) return &row;
  for (const DivergenceRow& row : floor_rows)
    if (row.key == key) return &row;
  return nullptr;
}

QualityStage run_quality_stage(MoeContext& context) {
  const std::vector<RunSpec> runs = make_runs(context);
  QualityStage stage;
  stage.text = context.text.name;
  stage.tokens = context.text.batch.tokens();
  stage.sequences = context.text.batch.sequences();
  LayerDivergence layers(kBf16, kFp8);
  RouterAgreement router(kBf16, kFp8);
  const int64_t hidden_size = context.bf16->config().hidden;
  const auto hidden = run_lockstep(
      runs, context.text.batch,
      [&](int64_t layer, std::span<const LayerState> states) {
        layers.observe(layer, states, hidden_size);
        router.observe(layer, states);
      },
      [&](int64_t done, int64_t total) { context.progress->update(done, total, "quality: layers"); });
  stage.layers = layers.layers();
  if (layers.worst() != nullptr) stage.worst_layer = *layers.worst();
  stage.router = router.layers();
  if (router.worst() != nullptr) {
    stage.router_worst = *router.worst();
    stage.router_mean = mean_over_layers(stage.router);
  }
  SummaryOptions summary;
  summary.bootstrap.seed = context.common.seed;
  ScoreHeadOptions head;
  // A large head is loaded tile by tile for every block of tokens: larger blocks, fewer loads.
  if (context.bf16->config().vocab > 65536) head.scratch_bytes = int64_t{1} << 30;
  score_rows_of(stage, context,
                Scorer{runs, hidden, context.text.batch, Head(context.bf16), Head(context.fp8), summary, head});
  const DivergenceSummary& same = stage.find("a_a")->summary;
  stage.identical_a_a = same.kld.max == 0.0 && same.same_top.value == 1.0;
  return stage;
}

}  // namespace fp8bench
