// fp8bench --suite moe: two checkpoints in, one comparison and one verdict out. Reads top to bottom.
#include "bench/suites/moe.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "harness/checkpoint/faulty_source.h"
#include "harness/engine/bundled.h"
#include "harness/io/error.h"
#include "harness/io/peak_memory.h"
#include "harness/io/text_file.h"
#include "kernels/isa.h"

namespace fp8bench {
namespace {

constexpr const char* kNotAsked = "left out by --stages";
void open_checkpoints(MoeContext& context) {
  const MoeOptions& options = context.options;
  context.pair = open_pair(options.checkpoints);
  context.text =
      choose_text(options.text, context.common.seed, context.pair.bundled,
                  parse_model_config(context.pair.bf16->config_text(), context.pair.bf16_name + "/config.json"));
  if (!options.fault.empty()) inject_fault(context, options.fault);
}

StageVerdict checkpoint_verdict(const CheckpointStage& stage) {
  StageVerdict verdict{"checkpoint", StageOutcome::kPass, "", true};
  if (stage.ok()) return verdict;
  verdict.outcome = StageOutcome::kInvalid;
  if (!stage.selftest.passed())
    verdict.reason = "the engine's self-test failed";
  else if (!stage.refused.empty())
    verdict.reason = "the engine refuses the FP8 checkpoint";
  else
    verdict.reason = stage.audit.passed() ? "tensors differ from llm-compressor's" : stage.audit.verdict;
  return verdict;
}

StageVerdict kernel_verdict(const KernelStage& stage) {
  StageVerdict verdict{"kernels", StageOutcome::kPass, "", true};
  if (stage.wrong) {
    verdict.outcome = StageOutcome::kInvalid;
    verdict.reason = "a kernel is outside its tolerance of the exact reference";
  } else if (stage.impossible) {
    verdict.outcome = StageOutcome::kInvalid;
    verdict.reason = "a sample is faster than the machine, also after recalibration";
  }
  return verdict;
}

StageVerdict quality_verdict(const MoeContext& context, const QualityStage& stage) {
  StageVerdict verdict{"quality", StageOutcome::kPass, "", true};
  if (context.policy == Policy::kF32 && !stage.identical_a_a) {
    verdict.outcome = StageOutcome::kInvalid;
    verdict.reason = "BF16 differs from itself in another batch shape";
  }
  return verdict;
}

// The stages in order; one that cannot run says why, the others go on.
void run_stages(MoeContext& context, MoeResult& result) {
  result.checkpoint = run_checkpoint_stage(context);
  result.stages.push_back(checkpoint_verdict(*result.checkpoint));
  if (context.fp8 == nullptr) {
    result.kernels_not_run = result.quality_not_run = result.tasks_not_run = "refused";
    return;
  }
  if (!context.options.runs("kernels")) {
    result.kernels_not_run = kNotAsked;
  } else {
    result.kernels = run_kernel_stage(context);
    result.stages.push_back(kernel_verdict(*result.kernels));
    if (result.kernels->wrong) context.detections.emplace_back("kernels (exact reference)");
    if (result.kernels->impossible) context.detections.emplace_back("kernels (ceiling)");
  }
  if (!context.options.runs("quality")) {
    result.quality_not_run = kNotAsked;
    result.tasks_not_run = context.options.runs("tasks") ? "needs the quality stage (its rounding floor)" : kNotAsked;
    return;
  }
  try {
    result.quality = run_quality_stage(context);
    result.stages.push_back(quality_verdict(context, *result.quality));
    if (result.stages.back().outcome == StageOutcome::kInvalid) context.detections.emplace_back("quality (A/A)");
    if (!context.options.runs("tasks")) {
      result.tasks_not_run = kNotAsked;
      return;
    }
    if (!context.pair.bundled) {
      result.tasks_not_run = "the checkpoint has no items of its own and no tokenizer is read yet";
      return;
    }
    result.tasks = run_task_stage(context, *result.quality);
    const GateResult& gate = result.tasks->pooled.gate;
    result.stages.push_back({"tasks", stage_outcome(gate.verdict), gate.reason, true});
  } catch (const CheckError&
               error) {  // a logit that is not finite: the checkpoint or the engine is broken, and both are findings
    (result.quality ? result.tasks_not_run : result.quality_not_run) = error.what();
    if (!result.quality) result.tasks_not_run = "quality did not run";
    result.stages.push_back({"quality", StageOutcome::kInvalid, error.what(), true});
    context.detections.emplace_back("quality (logits)");
  }
}

}  // namespace

void inject_fault(MoeContext& context, const std::string& name, FaultTarget target) {
  const Fault* fault = find_fault(name);
  if (fault == nullptr) throw InputError(fmt::format("--fault {}: expected one of `fp8bench list faults`", name));
  context.engine_fault = engine_fault(name);
  // Of the bundled checkpoint's layer 3: its most and its least used expert over text and items (card.json,
  // expert_load_percent).
  if (context.pair.bundled && target.layer < 0) target.layer = 3, target.expert = 10, target.cold_expert = 14;
  if (fault->kind == FaultKind::kCheckpoint)
    context.pair.fp8 = faulty(context.pair.fp8, name, context.pair.bf16, target);
}

bool MoeOptions::runs(const std::string& stage) const {
  return std::find(stages.begin(), stages.end(), stage) != stages.end();
}

namespace {

// One per process, so that two users or two runs never meet.
std::filesystem::path default_record() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error)
    throw InputError(fmt::format("no folder for temporary files ({}): name the record with --json", error.message()));
  return folder / fmt::format("fp8bench-moe-{}-{}.json", ::getuid(), ::getpid());
}

}  // namespace

int run_moe(const MoeOptions& options, const CommonOptions& common) {
  const auto start = std::chrono::steady_clock::now();
  PeakMemory memory;
  const std::filesystem::path record = common.json.empty() ? default_record() : std::filesystem::path(common.json);
  // An hour of work must not end in a file that cannot be written.
  require_writable(record);
  if (!options.markdown.empty()) require_writable(options.markdown);
  MoeContext context;
  context.options = options;
  context.common = common;
  context.environment = read_environment();
  context.policy = *parse_policy(options.policy);  // the command line has checked the name
  context.progress = std::make_unique<Progress>("moe", common.quiet);
  open_checkpoints(context);
  MoeResult result;
  run_stages(context, result);
  result.verdict = combine_verdicts(result.stages);
  result.peak_anonymous_bytes = memory.peak_bytes();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  context.progress.reset();

  std::fputs(moe_screen(context, result).c_str(), stdout);
  std::fflush(stdout);
  write_record(record, moe_record(context, result));
  if (!options.markdown.empty()) write_file_atomically(options.markdown, moe_markdown(context, result));
  fmt::print("record: {}\n", record.string());
  return result.verdict.exit;
}

}  // namespace fp8bench
