#include "harness/score/verdict.h"

#include <fmt/core.h>

#include <algorithm>

namespace fp8bench {
namespace {

// Badness of a gating stage; the largest decides. A stage that did not run decides nothing.
int rank(StageOutcome outcome) {
  switch (outcome) {
    case StageOutcome::kNotRun:
      return 0;
    case StageOutcome::kPass:
      return 1;
    case StageOutcome::kInconclusive:
      return 2;
    case StageOutcome::kRegression:
      return 3;
    case StageOutcome::kInvalid:
      break;
  }
  return 4;
}

struct Ending {
  ExitCode exit;
  const char* word;
};
constexpr Ending kEndings[] = {{kExitInconclusive, "INCONCLUSIVE"},
                               {kExitPass, "PASS"},
                               {kExitInconclusive, "INCONCLUSIVE"},
                               {kExitRegression, "REGRESSION"},
                               {kExitInvalid, "INVALID"}};

void append(std::string& list, const std::string& item, const char* separator) {
  if (!list.empty()) list += separator;
  list += item;
}

}  // namespace

std::string stage_outcome_name(StageOutcome outcome) {
  static constexpr const char* kNames[] = {"not run", "pass", "inconclusive", "regression", "invalid"};
  return kNames[rank(outcome)];
}

StageOutcome stage_outcome(PairedVerdict verdict) {
  switch (verdict) {
    case PairedVerdict::kPass:
      return StageOutcome::kPass;
    case PairedVerdict::kRegression:
      return StageOutcome::kRegression;
    case PairedVerdict::kInconclusive:
      break;
  }
  return StageOutcome::kInconclusive;
}

Verdict combine_verdicts(std::span<const StageVerdict> stages) {
  Verdict out;
  int worst = 0;
  std::string not_run;
  for (const StageVerdict& stage : stages) {
    if (stage.gating) worst = std::max(worst, rank(stage.outcome));
    if (stage.gating && stage.outcome == StageOutcome::kNotRun) append(not_run, stage.name, ", ");
    if (rank(stage.outcome) >= rank(StageOutcome::kRegression)) out.detected_by.push_back(stage.name);
  }
  std::string why;
  for (const StageVerdict& stage : stages) {
    if (!stage.gating || worst == 0 || rank(stage.outcome) != worst) continue;
    append(why, stage.reason.empty() ? stage.name : stage.name + ": " + stage.reason, "; ");
  }
  out.exit = kEndings[worst].exit;
  out.line = fmt::format("{}{}{}", kEndings[worst].word, why.empty() ? "" : " - ", why);
  if (worst == 0) out.line += " - no stage that decides was run";
  if (!not_run.empty()) out.line += fmt::format(" (not run: {})", not_run);
  return out;
}

}  // namespace fp8bench
