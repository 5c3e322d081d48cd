// Stage 4: does FP8 lose answers? The same items under both checkpoints, paired; beside them the flips of FP8 against
// itself with nudged activations, because those are nobody's fault.
#include <algorithm>
#include <map>

#include "bench/suites/moe.h"
#include "harness/engine/bundled.h"
#include "harness/engine/head.h"
#include "harness/score/load_items.h"
#include "harness/score/score_head.h"
#include "harness/score/task_score.h"

namespace fp8bench {
namespace {

constexpr uint64_t kFloorSeed = 101;
// Registered before any checkpoint was looked at: a loss of more than two points of accuracy, or of 0.05 nats an item
// (5 % of the gold answer's probability) beyond the rounding floor, is a regression. A real but smaller loss is shown,
// with its z, and passes.
constexpr double kMargin = 0.02, kGoldMargin = 0.05;

struct Scores {
  std::vector<ItemScore> bf16, fp8, nudged;
};

TaskRow make_row(const std::string& task, const Scores& scores, const GateOptions& gate) {
  TaskRow row;
  row.task = task;
  row.bf16_accuracy = accuracy(scores.bf16);
  row.fp8_accuracy = accuracy(scores.fp8);
  row.floor = count_pairs(scores.fp8, scores.nudged);
  row.gate = judge_paired(scores.bf16, scores.fp8, gate);
  return row;
}

}  // namespace

TaskStage run_task_stage(MoeContext& context, QualityStage& quality) {
  const std::vector<TaskItem> items = load_items((bundled_path() / "items.jsonl"), context.bf16->config().vocab);
  const ItemBatch batch = build_item_batch(items);
  EngineOptions options;
  options.policy = context.policy;
  options.fault = context.engine_fault;
  EngineOptions nudged = options;
  nudged.perturb_seed = kFloorSeed;
  const std::vector<RunSpec> runs = {
      {"bf16", context.bf16, options, -1}, {"fp8", context.fp8, options, -1}, {"fp8 nudged", context.fp8, nudged, -1}};
  const auto hidden = run_lockstep(runs, batch.batch, {}, [&](int64_t done, int64_t total) {
    context.progress->update(done, total, "tasks: layers");
  });
  const Head bf16_head(context.bf16), fp8_head(context.fp8);
  const auto score = [&](size_t run, const Head& head) {
    return score_items(items, batch, scored_run(head, runs[run].options, hidden[run], batch.batch.tokens()));
  };
  const Scores all{score(0, bf16_head), score(1, fp8_head), score(2, fp8_head)};

  FloorDraw draw;
  draw.seed = kFloorSeed;
  for (FloorDraw& known : quality.draws)
    if (known.seed == kFloorSeed) draw = known;
  draw.has_tasks = true;
  draw.flips = count_pairs(all.fp8, all.nudged);
  draw.gold_mean = gold_logprob_test(all.fp8, all.nudged).mean;
  for (FloorDraw& known : quality.draws)
    if (known.seed == kFloorSeed) known = draw;
  quality.floor = combine_floor(quality.draws);

  TaskStage stage;
  GateOptions gate;
  stage.margin = gate.margin = kMargin;
  stage.gold_margin = gate.gold_margin = kGoldMargin;
  stage.gold_floor = gate.gold_floor = quality.floor.gold_effect;
  stage.pooled = make_row("all", all, gate);
  std::map<std::string, Scores> by_task;
  for (size_t i = 0; i < items.size(); ++i) {
    Scores& one = by_task[items[i].task];
    one.bf16.push_back(all.bf16[i]);
    one.fp8.push_back(all.fp8[i]);
    one.nudged.push_back(all.nudged[i]);
  }
  for (const auto& [task, scores] : by_task) stage.rows.push_back(make_row(task, scores, gate));
  if (stage.pooled.gate.verdict == PairedVerdict::kRegression)
    context.detections.emplace_back(stage.pooled.gate.by_gold ? "tasks (gold log-probability)" : "tasks (accuracy)");
  return stage;
}

}  // namespace fp8bench
