// Every fault of the registry against every detector: a detector that has never failed proves nothing, and a fault that
// nothing catches must be known. Each candidate is a fault at a size, or no fault at all.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/suites/moe.h"
#include "harness/report/table.h"
#include "harness/score/beyond_floor.h"

namespace fp8bench {

// What it looks at decides what it can blame: the self-test knows the engine's recorded bits, the audit knows the
// checkpoint's bytes, the others see outputs and can blame neither.
enum class Blames { kEngine, kCheckpoint, kNobody };

enum DetectorIndex : size_t {
  kSelfTest,
  kStructure,
  kIntegrity,
  kDerivation,
  kUpstream,
  kLayers,
  kRouter,
  kKld,
  kTasks,
  kDetectors
};
struct Detector {
  std::string_view name;  // as in a record's "detected by"
  Blames blames;
  std::string_view what;
};
extern const std::array<Detector, kDetectors> kFaultDetectors;

enum class Finding { kNotRun, kQuiet, kCaught };

struct FaultCandidate {
  std::string fault;  // empty: none, a false alarm if anything is caught
  FaultKind kind = FaultKind::kCheckpoint;
  double size = 0;  // 0: as the fault's name says
  FaultTarget target;
  uint64_t nudge = 0;  // seed of its own rounding

  TensorSourcePtr source;
  std::shared_ptr<const Model> model;  // null: refused, outputs do not exist
  EngineFault engine = EngineFault::kNone;
  std::array<Finding, kDetectors> findings{};
  FloorTests tests;     // of its outputs
  double kld_mean = 0;  // against the BF16 checkpoint, nats, as a user sees it
  GateResult gate;      // tasks, against the BF16 checkpoint
  bool has_tasks = false;
  bool caught() const;
};

struct FaultOptions {
  PairOptions checkpoints;
  TextOptions text;
  std::vector<std::string> faults;  // empty: all
  int64_t power_targets = 10;       // random experts for the smallest scale error found with 80 % power; 0: none
  bool sizes = true, tasks = true;
  bool record_sensitivity = false;
  std::string markdown;
};

struct AbsentFault {  // the model lacks what the fault needs
  std::string fault, why;
};

struct FaultRun {
  CheckpointPair pair;
  ScoredText text;
  std::shared_ptr<const Model> bf16, fp8;
  std::vector<DocumentDistances> floor;    // draws of the rounding floor
  std::vector<FaultCandidate> candidates;  // clean ones, faults as named, faults by size
  std::vector<FaultCandidate> power;       // one expert's scales times a factor, random experts
  std::vector<AbsentFault> absent;
  double accuracy_detectable = 0;  // a ratio, 80 % power, of the clean pair; 0: no tasks
};

// The candidates, none of them run yet. Throws InputError.
FaultRun plan_faults(const FaultOptions& options, const CommonOptions& common);
std::span<const uint64_t> floor_seeds();
// Self-test and audit of each candidate.
void run_checkpoint_detectors(FaultRun& run, const CommonOptions& common, Progress& progress);
// Hidden states, routing and divergence of all that load, in one lock-step pass.
void run_output_detectors(FaultRun& run, Progress& progress);
// The bundled items under each candidate.
void run_task_detector(FaultRun& run, Progress& progress);

// Smallest factor of `power` that `detector` catches in at least 80 % of its targets; 0: none does.
struct PowerPoint {
  double factor = 0;
  int64_t targets = 0, caught = 0;
};
std::vector<PowerPoint> power_curve(const FaultRun& run);
double factor_with_power(const std::vector<PowerPoint>& curve, double power = 0.8);

Record faults_record(const FaultRun& run, const CommonOptions& common, double seconds);
// Of such a record.
Table fault_table(const nlohmann::json& content);
Table size_table(const nlohmann::json& content);
std::string fault_lines(const nlohmann::json& content);

}  // namespace fp8bench
