// The main job: what does the FP8 checkpoint of a mixture-of-experts model cost, and what does it buy? Four stages, one
// screen, one verdict. Each stage is a file of its own that fills its result; moe.cc strings them together;
// moe_screen.cc prints.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/commands/command.h"
#include "bench/comparison/checkpoint_pair.h"
#include "bench/comparison/scored_text.h"
#include "harness/checkpoint/audit.h"
#include "harness/checkpoint/faults.h"
#include "harness/checkpoint/faulty_source.h"
#include "harness/engine/lockstep.h"
#include "harness/engine/options.h"
#include "harness/engine/selftest.h"
#include "harness/engine/weights.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/environment.h"
#include "harness/report/progress.h"
#include "harness/report/record.h"
#include "harness/score/divergence_summary.h"
#include "harness/score/floor.h"
#include "harness/score/layer_divergence.h"
#include "harness/score/paired.h"
#include "harness/score/router_agreement.h"
#include "harness/score/verdict.h"

namespace fp8bench {

struct MoeOptions {
  PairOptions checkpoints;
  TextOptions text;
  std::string fault;     // empty: none
  std::string markdown;  // write the screen's tables here
  std::string policy = "f32";
  std::vector<std::string> stages = {"checkpoint", "kernels", "quality",
                                     "tasks"};  // checkpoint always runs; tasks need quality
  bool runs(const std::string& stage) const;
};

// What the stages share.
struct MoeContext {
  MoeOptions options;
  CommonOptions common;
  Environment environment;
  EngineFault engine_fault = EngineFault::kNone;
  Policy policy = Policy::kF32;
  CheckpointPair pair;
  std::shared_ptr<const Model> bf16, fp8;  // null after a structural failure
  ScoredText text;
  std::vector<std::string> detections;  // which detectors saw something, in order
  std::unique_ptr<Progress> progress;
};

// Sets the engine fault, or wraps the FP8 side. Throws InputError for an unknown fault or a model that lacks what it
// needs.
void inject_fault(MoeContext& context, const std::string& fault, FaultTarget target = {});

// 1. The engine's self-test, sizes, structure, derivation.
struct CheckpointStage {
  SelfTestReport selftest;
  AuditReport audit;
  std::string refused;  // why the checkpoint was not loaded; empty: loaded
  int64_t bf16_bytes = 0, fp8_bytes = 0;
  int64_t upstream_tensors = 0;  // hashes of the real llm-compressor's tensors that were compared
  std::vector<std::string> upstream_mismatches;
  bool ok() const;
};
CheckpointStage run_checkpoint_stage(MoeContext& context);

// 2. Kernels of the MoE layer at 26B-A4B's true shapes.
struct KernelSide {
  double seconds = 0.0, low = 0.0, high = 0.0;
  double rate = 0.0;  // GFLOP/s or GB/s
  double ceiling_share = 0.0;
  double worst_error = 0.0;  // largest |result - exact| / tolerance; above 1 the kernel is wrong
  int64_t checked = 0;       // outputs compared with the exact reference
};
struct KernelRow {
  std::string op, unit, status;  // status: "ok", or why there is no time
  int64_t tokens = 0;
  KernelSide bf16, fp8;
  double ratio = 0.0, ratio_low = 0.0, ratio_high = 0.0;  // BF16 time / FP8 time
};
struct KernelStage {
  std::vector<KernelRow> rows;
  Ceilings ceilings;
  bool recalibrated = false;
  bool wrong = false,
       impossible = false;  // a wrong kernel; a sample above the ceiling that recalibration did not explain
};
KernelStage run_kernel_stage(MoeContext& context);

// 3. Divergence and routing over held-out text.
struct DivergenceRow {
  std::string key;   // in the record: "fp8", "a_a" ...
  std::string what;  // on the screen
  DivergenceSummary summary;
};
struct QualityStage {
  std::string text;  // what was scored
  int64_t tokens = 0, sequences = 0;
  std::vector<DivergenceRow> rows;        // against BF16; the first is FP8 in free routing
  std::vector<DivergenceRow> floor_rows;  // against FP8 itself
  RoundingFloor floor;
  std::vector<LayerError> layers;  // FP8 against BF16
  LayerError worst_layer;
  std::vector<RouterLayer> router;
  RouterLayer router_mean, router_worst;
  bool identical_a_a = false;  // BF16 against itself in another batch shape: exactly 0
  std::vector<FloorDraw> draws;
  const DivergenceRow* find(const std::string& key) const;
};
QualityStage run_quality_stage(MoeContext& context);

// 4. Task accuracy, paired item by item.
struct TaskRow {
  std::string task;
  double bf16_accuracy = 0.0, fp8_accuracy = 0.0;  // ratios
  std::vector<PairedCounts> floor;                 // FP8 against the nudged FP8, per draw
  GateResult gate;
};
struct TaskStage {
  std::vector<TaskRow> rows;                   // informative
  TaskRow pooled;                              // the pre-registered test
  double margin = 0.0;                         // a ratio
  double gold_margin = 0.0, gold_floor = 0.0;  // nats an item
};
// The pre-registered margins.
GateOptions task_gate(double gold_floor);
TaskStage run_task_stage(MoeContext& context, QualityStage& quality);

// Everything that was found; a stage that did not run is empty and `not_run` says why.
struct MoeResult {
  std::optional<CheckpointStage> checkpoint;
  std::optional<KernelStage> kernels;
  std::optional<QualityStage> quality;
  std::optional<TaskStage> tasks;
  std::string kernels_not_run, quality_not_run, tasks_not_run;
  std::vector<StageVerdict> stages;
  Verdict verdict;
  double seconds = 0.0;
  int64_t peak_anonymous_bytes = 0;
};

std::string moe_screen(const MoeContext& context, const MoeResult& result);
std::string moe_markdown(const MoeContext& context, const MoeResult& result);
Record moe_record(const MoeContext& context, const MoeResult& result);

int run_moe(const MoeOptions& options, const CommonOptions& common);

}  // namespace fp8bench
