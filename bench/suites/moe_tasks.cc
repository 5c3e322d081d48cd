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

struct Scores {
  std::vector<ItemScore> bf16, fp8;
  std::vector<std::vector<ItemScore>> nudged;  // per draw of the rounding floor
};

TaskRow make_row(const std::string& task, const Scores& scores, const GateOptions& gate) {
  TaskRow row;
  row.task = task;
  row.bf16_accuracy = accuracy(scores.bf16);
  row.fp8_accuracy = accuracy(scores.fp8);
  for (const std::vector<ItemScore>& nudged : scores.nudged) row.floor.push_back(count_pairs(scores.fp8, nudged));
  row.gate = judge_paired(scores.bf16, scores.fp8, gate);
  return row;
}

}  // namespace

// Fixed here for every checkpoint, not chosen per run: a loss of more than two points of accuracy, or of 0.05 nats an
// item (5 % of the gold answer's probability) beyond the rounding floor, is a regression. A real but smaller loss is
// shown, with its z, and passes.
GateOptions task_gate(double gold_floor) {
  GateOptions gate;
  gate.margin = 0.02;
  gate.gold_margin = 0.05;
  gate.gold_floor = gold_floor;
  return gate;
}

TaskStage run_task_stage(MoeContext& context, QualityStage& quality) {
  const std::vector<TaskItem> items = load_items((bundled_path() / "items.jsonl"), context.bf16->config().vocab);
  const ItemBatch batch = build_item_batch(items);
  EngineOptions options;
  options.policy = context.policy;
  options.fault = context.engine_fault;
  std::vector<RunSpec> runs = {{"bf16", context.bf16, options, -1}, {"fp8", context.fp8, options, -1}};
  for (const FloorDraw& draw : quality.draws) {
    EngineOptions nudged = options;
    nudged.perturb_seed = draw.seed;
    runs.push_back({"fp8 nudged", context.fp8, nudged, -1});
  }
  const auto hidden = run_lockstep(runs, batch.batch, {}, [&](int64_t done, int64_t total) {
    context.progress->update(done, total, "tasks: layers");
  });
  const Head bf16_head(context.bf16), fp8_head(context.fp8);
  const auto score = [&](size_t run, const Head& head) {
    return score_items(items, batch, scored_run(head, runs[run].options, hidden[run], batch.batch.tokens()));
  };
  Scores all{score(0, bf16_head), score(1, fp8_head), {}};
  for (size_t d = 0; d < quality.draws.size(); ++d) {
    all.nudged.push_back(score(2 + d, fp8_head));
    FloorDraw& draw = quality.draws[d];
    draw.has_tasks = true;
    draw.flips = count_pairs(all.fp8, all.nudged[d]);
    draw.gold_mean = gold_logprob_test(all.fp8, all.nudged[d]).mean;
  }
  quality.floor = combine_floor(quality.draws);

  TaskStage stage;
  const GateOptions gate = task_gate(quality.floor.gold_effect);
  stage.margin = gate.margin;
  stage.gold_margin = gate.gold_margin;
  stage.gold_floor = gate.gold_floor;
  stage.pooled = make_row("all", all, gate);
  std::map<std::string, Scores> by_task;
  for (size_t i = 0; i < items.size(); ++i) {
    Scores& one = by_task[items[i].task];
    one.bf16.push_back(all.bf16[i]);
    one.fp8.push_back(all.fp8[i]);
    one.nudged.resize(all.nudged.size());
    for (size_t d = 0; d < all.nudged.size(); ++d) one.nudged[d].push_back(all.nudged[d][i]);
  }
  for (const auto& [task, scores] : by_task) stage.rows.push_back(make_row(task, scores, gate));
  if (stage.pooled.gate.by_accuracy) context.detections.emplace_back("tasks (accuracy)");
  if (stage.pooled.gate.by_gold) context.detections.emplace_back("tasks (gold log-probability)");
  return stage;
}

}  // namespace fp8bench
