// What is tried: clean candidates, every fault as its name says, faults by size, and random experts for the power.
#include <array>

#include "bench/suites/faults.h"
#include "harness/io/error.h"
#include "harness/score/bootstrap.h"

namespace fp8bench {

const std::array<Detector, kDetectors> kFaultDetectors = {{
    {"self-test", Blames::kEngine, "sha256 of the bundled checkpoint's canonical logits; sampled exact products"},
    {"structure", Blames::kCheckpoint, "the audit's checks of names, shapes, types and configuration"},
    {"integrity", Blames::kCheckpoint, "the audit's checks of values"},
    {"derivation", Blames::kCheckpoint, "every tensor re-derived from the BF16 checkpoint"},
    {"upstream-hashes", Blames::kCheckpoint, "sha256 of what the real llm-compressor wrote (bundled checkpoint)"},
    {"layers", Blames::kNobody, "hidden states after each layer, beyond the rounding floor"},
    {"router", Blames::kNobody, "expert weights of each layer, beyond the rounding floor"},
    {"KLD", Blames::kNobody, "next-token distributions, beyond the rounding floor"},
    {"tasks", Blames::kNobody, "the main job's verdict on the bundled items"},
}};

namespace {

constexpr uint64_t kFloorSeeds[] = {101, 102, 103, 104, 105, 106, 107, 108};
constexpr uint64_t kCleanSeeds[] = {201, 202, 203, 204};
constexpr uint64_t kFaultSeed = 301;
constexpr std::array kPowerFactors = {1.03, 1.1, 1.25, 1.5, 2.0, 4.0};
constexpr const char* kPowerFault = "expert-scale-x2";

void add(std::vector<FaultCandidate>& list, const FaultRun& run, const CommonOptions& common, const Fault* fault,
         const FaultTarget& target, uint64_t nudge) {
  FaultCandidate candidate;
  candidate.nudge = nudge;
  candidate.size = target.size;
  candidate.target = target;
  candidate.source = run.pair.fp8;
  if (fault != nullptr) {
    candidate.fault = fault->name;
    candidate.kind = fault->kind;
    MoeContext context;
    context.common = common;
    context.pair = run.pair;
    inject_fault(context, candidate.fault, target);
    candidate.source = context.pair.fp8;
    candidate.engine = context.engine_fault;
  }
  list.push_back(std::move(candidate));
}

// Experts drawn with a seed: layers that have experts, experts of all.
std::vector<FaultTarget> random_experts(const ModelConfig& config, int64_t count, uint64_t seed) {
  std::vector<int64_t> layers;
  for (size_t l = 0; l < config.layers.size(); ++l)
    if (config.layers[l].moe) layers.push_back(static_cast<int64_t>(l));
  std::vector<FaultTarget> targets;
  SplitMix64 random(seed);
  for (int64_t i = 0; i < count && !layers.empty(); ++i) {
    FaultTarget target;
    target.layer = layers[random.below(layers.size())];
    target.expert = target.cold_expert = static_cast<int64_t>(random.below(static_cast<uint64_t>(config.experts)));
    targets.push_back(target);
  }
  return targets;
}

bool lacks(const FaultOptions& options, const Fault& fault) {
  return !options.faults.empty() &&
         std::find(options.faults.begin(), options.faults.end(), fault.name) == options.faults.end();
}

}  // namespace

FaultRun plan_faults(const FaultOptions& options, const CommonOptions& common) {
  FaultRun run;
  run.pair = open_pair(options.checkpoints);
  run.bf16 = std::make_shared<Model>(open_checkpoint(run.pair.bf16));
  run.fp8 = std::make_shared<Model>(open_checkpoint(run.pair.fp8));
  run.text = choose_text(options.text, common.seed, run.pair.bundled, run.bf16->config());
  run.floor.resize(std::size(kFloorSeeds));
  for (const uint64_t seed : kCleanSeeds) add(run.candidates, run, common, nullptr, {}, seed);
  for (const Fault& fault : faults()) {
    if (lacks(options, fault)) continue;
    try {
      add(run.candidates, run, common, &fault, {}, kFaultSeed);
    } catch (const InputError& error) {
      run.absent.push_back({std::string(fault.name), error.what()});  // a dense model has no expert to swap
    }
  }
  const size_t named = run.candidates.size();
  for (size_t i = std::size(kCleanSeeds); options.sizes && i < named; ++i) {
    const Fault& fault = *find_fault(run.candidates[i].fault);
    for (const double size : fault.sizes) add(run.candidates, run, common, &fault, {.size = size}, kFaultSeed);
  }
  for (const FaultTarget& expert : random_experts(run.bf16->config(), options.power_targets, common.seed))
    for (const double factor : kPowerFactors) {
      FaultTarget target = expert;
      target.size = factor;
      add(run.power, run, common, find_fault(kPowerFault), target, kFaultSeed);
    }
  return run;
}

std::span<const uint64_t> floor_seeds() { return kFloorSeeds; }

bool FaultCandidate::caught() const {
  return std::any_of(findings.begin(), findings.end(), [](Finding finding) { return finding == Finding::kCaught; });
}

std::vector<PowerPoint> power_curve(const FaultRun& run) {
  std::vector<PowerPoint> curve;
  for (const double factor : kPowerFactors) {
    PowerPoint point{factor, 0, 0};
    for (const FaultCandidate& candidate : run.power) {
      if (candidate.size != factor) continue;
      ++point.targets;
      for (const size_t detector : {kLayers, kRouter, kKld})
        if (candidate.findings[detector] == Finding::kCaught) {
          ++point.caught;
          break;
        }
    }
    if (point.targets > 0) curve.push_back(point);
  }
  return curve;
}

double factor_with_power(const std::vector<PowerPoint>& curve, double power) {
  for (const PowerPoint& point : curve)
    if (static_cast<double>(point.caught) >= power * static_cast<double>(point.targets)) return point.factor;
  return 0;
}

}  // namespace fp8bench
