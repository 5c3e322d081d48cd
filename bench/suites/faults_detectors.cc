// Each detector over the candidates. The checkpoint's own detectors are those of the main job's first stage; outputs
// are compared beyond the rounding floor; tasks by the main job's gate.
#include <algorithm>
#include <cmath>

#include "bench/suites/faults.h"
#include "harness/engine/bundled.h"
#include "harness/engine/head.h"
#include "harness/io/error.h"
#include "harness/score/load_items.h"
#include "harness/score/score_head.h"
#include "harness/score/task_score.h"

namespace fp8bench {
namespace {

constexpr size_t kBf16 = 0, kFp8 = 1, kFirstDraw = 2;  // the runs in front of the candidates'
constexpr size_t kTaskGroup = 8;  // candidates a pass: the hidden states of all items of one are 65 MB on nano

Finding finding(bool caught) { return caught ? Finding::kCaught : Finding::kQuiet; }

bool seen(const MoeContext& context, std::string_view detector) {
  return std::find(context.detections.begin(), context.detections.end(), detector) != context.detections.end();
}

RunSpec spec(std::string name, std::shared_ptr<const Model> model, EngineFault fault, uint64_t nudge) {
  EngineOptions options;
  options.fault = fault;
  options.perturb_seed = nudge;
  return {std::move(name), std::move(model), options, -1};
}

std::vector<FaultCandidate*> loaded(FaultRun& run, bool with_power) {
  std::vector<FaultCandidate*> all;
  for (FaultCandidate& candidate : run.candidates)
    if (candidate.model != nullptr) all.push_back(&candidate);
  for (FaultCandidate& candidate : run.power)
    if (with_power && candidate.model != nullptr) all.push_back(&candidate);
  return all;
}

// Per run, its tokens against the reference, whose logits are computed once for all. Empty where a logit is not finite:
// such a candidate is broken, which is a finding, not an error of this run.
std::vector<std::vector<TokenDivergence>> score_all(const ScoredRun& reference, std::span<const ScoredRun> runs,
                                                    const Batch& batch) {
  try {
    return score_heads(reference, runs, batch);
  } catch (const CheckError&) {
    if (runs.size() == 1) return {{}};
  }
  auto scored = score_all(reference, runs.first(runs.size() / 2), batch);
  for (auto& tokens : score_all(reference, runs.subspan(runs.size() / 2), batch)) scored.push_back(std::move(tokens));
  return scored;
}

}  // namespace

void run_checkpoint_detectors(FaultRun& run, const CommonOptions& common, Progress& progress) {
  int64_t done = 0;
  for (FaultCandidate& candidate : run.candidates) {
    progress.update(++done, static_cast<int64_t>(run.candidates.size()), "self-test and audit");
    MoeContext context;
    context.common = common;
    context.pair = run.pair;
    context.pair.fp8 = candidate.source;
    context.engine_fault = candidate.engine;
    context.progress = std::make_unique<Progress>("", true);
    run_checkpoint_stage(context);
    candidate.model = context.fp8;
    for (const size_t detector : {kSelfTest, kStructure, kIntegrity, kDerivation, kUpstream})
      if (detector != kUpstream || run.pair.bundled)
        candidate.findings[detector] = finding(seen(context, kFaultDetectors[detector].name));
  }
  for (FaultCandidate& candidate : run.power)
    candidate.model = std::make_shared<Model>(open_checkpoint(candidate.source));
}

void run_output_detectors(FaultRun& run, Progress& progress) {
  std::vector<RunSpec> runs = {spec("bf16", run.bf16, EngineFault::kNone, 0),
                               spec("fp8", run.fp8, EngineFault::kNone, 0)};
  for (const uint64_t seed : floor_seeds()) runs.push_back(spec("floor", run.fp8, EngineFault::kNone, seed));
  const size_t first = runs.size();
  const std::vector<FaultCandidate*> candidates = loaded(run, true);
  for (const FaultCandidate* c : candidates) runs.push_back(spec(c->fault, c->model, c->engine, c->nudge));

  const Batch& batch = run.text.batch;
  DistanceObserver observer(kFp8, batch, run.bf16->config().hidden);
  const auto hidden = run_lockstep(
      runs, batch, [&](int64_t layer, std::span<const LayerState> states) { observer.observe(layer, states); },
      [&](int64_t done, int64_t total) { progress.update(done, total, "layers of every candidate"); });
  std::vector<DocumentDistances> distances = observer.take();

  const Head head(run.bf16);  // never quantized, and no fault touches it
  std::vector<ScoredRun> scored;
  for (size_t i = 0; i < runs.size(); ++i)
    scored.push_back(scored_run(head, runs[i].options, hidden[i], batch.tokens()));
  progress.update(0, 1, "divergence of every candidate");
  const auto against_fp8 = score_all(scored[kFp8], std::span(scored).subspan(kFirstDraw), batch);
  for (size_t i = kFirstDraw; i < runs.size(); ++i)
    distances[i].kld = kld_by_document(against_fp8[i - kFirstDraw], batch.sequences());
  for (size_t d = kFirstDraw; d < first; ++d) run.floor[d - kFirstDraw] = distances[d];
  const auto against_bf16 = score_all(scored[kBf16], std::span(scored).subspan(first), batch);
  for (size_t c = 0; c < candidates.size(); ++c) {
    FaultCandidate& candidate = *candidates[c];
    const bool broken = against_fp8[first + c - kFirstDraw].empty();
    candidate.tests = beyond_floor(distances[first + c], run.floor);
    candidate.findings[kLayers] = finding(candidate.tests.layer.caught());
    candidate.findings[kKld] = finding(broken || candidate.tests.kld.caught());
    if (!distances[first + c].router.empty()) candidate.findings[kRouter] = finding(candidate.tests.router.caught());
    for (const TokenDivergence& token : against_bf16[c])
      candidate.kld_mean += token.kld / static_cast<double>(against_bf16[c].size());
  }
}

void run_task_detector(FaultRun& run, Progress& progress) {
  const std::vector<TaskItem> items = load_items(bundled_path() / "items.jsonl", run.bf16->config().vocab);
  const ItemBatch batch = build_item_batch(items);
  const Head head(run.bf16);
  const std::vector<FaultCandidate*> candidates = loaded(run, false);
  int64_t group = 0;
  const int64_t groups = static_cast<int64_t>((candidates.size() + kTaskGroup - 1) / kTaskGroup) + 1;
  const auto score = [&](std::span<const RunSpec> runs) {
    ++group;
    const auto hidden = run_lockstep(runs, batch.batch, {}, [&](int64_t done, int64_t total) {
      progress.update((group - 1) * total + done, groups * total, "tasks");
    });
    std::vector<std::vector<ItemScore>> scores;
    for (size_t i = 0; i < runs.size(); ++i)
      scores.push_back(score_items(items, batch, scored_run(head, runs[i].options, hidden[i], batch.batch.tokens())));
    return scores;
  };
  std::vector<RunSpec> clean = {spec("bf16", run.bf16, EngineFault::kNone, 0),
                                spec("fp8", run.fp8, EngineFault::kNone, 0)};
  for (const uint64_t seed : floor_seeds().first(3)) clean.push_back(spec("floor", run.fp8, EngineFault::kNone, seed));
  const auto reference = score(clean);
  double gold_floor = 0;
  for (size_t d = kFirstDraw; d < clean.size(); ++d)
    gold_floor = std::max(gold_floor, std::abs(gold_logprob_test(reference[kFp8], reference[d]).mean));
  const GateOptions gate = task_gate(gold_floor);
  run.accuracy_detectable = judge_paired(reference[kBf16], reference[kFp8], gate).minimum_detectable;
  for (size_t begin = 0; begin < candidates.size(); begin += kTaskGroup) {
    const size_t end = std::min(begin + kTaskGroup, candidates.size());
    std::vector<RunSpec> runs;
    for (size_t c = begin; c < end; ++c)
      runs.push_back(spec(candidates[c]->fault, candidates[c]->model, candidates[c]->engine, candidates[c]->nudge));
    const auto scores = score(runs);
    for (size_t c = begin; c < end; ++c) {
      candidates[c]->gate = judge_paired(reference[kBf16], scores[c - begin], gate);
      candidates[c]->has_tasks = true;
      candidates[c]->findings[kTasks] = finding(candidates[c]->gate.verdict == PairedVerdict::kRegression);
    }
  }
}

}  // namespace fp8bench
