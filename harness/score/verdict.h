// Stage verdicts -> one line and the exit code of the program (harness/io/error.h).
#pragma once
#include <span>
#include <string>
#include <vector>

#include "harness/io/error.h"
#include "harness/score/paired.h"

namespace fp8bench {

enum class StageOutcome { kPass, kRegression, kInconclusive, kInvalid, kNotRun };
std::string stage_outcome_name(StageOutcome outcome);  // "pass", "regression", "inconclusive", "invalid", "not run"
StageOutcome stage_outcome(PairedVerdict verdict);

struct StageVerdict {
  std::string name;  // "derivation", "self-test", "tasks"
  StageOutcome outcome = StageOutcome::kNotRun;
  std::string reason;  // one line, may be empty
  bool gating = true;  // false: shown, never decides
};

struct Verdict {
  ExitCode exit = kExitInconclusive;
  std::string line;                      // "PASS ...", "REGRESSION ...", "INCONCLUSIVE ...", "INVALID ..."
  std::vector<std::string> detected_by;  // every stage, gating or not, that saw a regression or was invalid, in order
};

// The worst gating stage decides: invalid (3) before regression (1) before inconclusive (2) before pass (0). Stages
// that did not run are named in the line and do not decide; if no gating stage ran at all, the verdict is inconclusive.
Verdict combine_verdicts(std::span<const StageVerdict> stages);

}  // namespace fp8bench
