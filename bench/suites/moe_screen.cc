// One screen and one Markdown page out of the result. No figure is computed here.
#include <fmt/core.h>

#include "bench/comparison/sensitivity.h"
#include "bench/suites/moe_tables.h"

namespace fp8bench {
namespace {

std::string machine_line(const MoeContext& context) {
  const Environment& e = context.environment;
  return fmt::format("{} ({} threads, {}), {:.0f} GB, policy {}, fp8bench {} ({})", e.cpu, e.logical_cpus,
                     policy_isa(context.policy), static_cast<double>(e.memory_bytes) / 1e9, policy_name(context.policy),
                     e.version, e.revision);
}

std::string checkpoints_line(const MoeContext& context) {
  std::string line = fmt::format("BF16 {}   FP8 {}", context.pair.bf16_name, context.pair.fp8_name);
  if (!context.options.fault.empty()) line += "   FAULT " + context.options.fault;
  return line;
}

std::string detected_line(const MoeContext& context) {
  if (context.options.fault.empty() && context.detections.empty()) return "";
  std::string line = "detected-by:";
  for (const std::string& detector : context.detections) line += (line.back() == ':' ? " " : ", ") + detector;
  return (context.detections.empty() ? line + " nothing" : line) + "\n";
}

}  // namespace

std::string moe_screen(const MoeContext& context, const MoeResult& result) {
  std::string text =
      fmt::format("fp8bench --suite moe\n  {}\n  {}\n", checkpoints_line(context), machine_line(context));
  text += "\n1. checkpoint\n";
  if (result.checkpoint) text += checkpoint_lines(*result.checkpoint, "  ");
  text += "\n2. kernels of the MoE layer at 26B-A4B's shapes (quantization included on the FP8 side)\n";
  if (result.kernels) {
    text += text_table(kernel_table(*result.kernels));
    text += fmt::format("  ceilings: read {:.1f} GB/s, float32 multiply-add {:.0f} GFLOP/s{}\n",
                        result.kernels->ceilings.read_gb_s, result.kernels->ceilings.fma_gflop_s,
                        result.kernels->recalibrated ? " (measured again: a sample was above)" : "");
  } else {
    text += "  not run: " + result.kernels_not_run + "\n";
  }
  text += "\n3. quality\n";
  if (result.quality) {
    text += text_table(divergence_table(*result.quality)) + quality_lines(*result.quality, "  ");
  } else {
    text += "  not run: " + result.quality_not_run + "\n";
  }
  text += "\n4. tasks\n";
  if (result.tasks) {
    text += text_table(task_table(*result.tasks)) + task_lines(*result.tasks, "  ");
  } else {
    text += "  not run: " + result.tasks_not_run + "\n";
  }
  text += "\n" + sensitivity_line(read_sensitivity()) + "\n";
  text += fmt::format("\n{}verdict: {} (exit {}; {:.1f} s, peak anonymous memory {:.0f} MB)\n", detected_line(context),
                      result.verdict.line, static_cast<int>(result.verdict.exit), result.seconds,
                      static_cast<double>(result.peak_anonymous_bytes) / 1e6);
  return text;
}

std::string moe_markdown(const MoeContext& context, const MoeResult& result) {
  std::string text = fmt::format("# fp8bench --suite moe\n\n{}\n\n{}\n\n**{}**\n", checkpoints_line(context),
                                 machine_line(context), result.verdict.line);
  if (result.checkpoint) text += "\n## Checkpoint\n\n```\n" + checkpoint_lines(*result.checkpoint, "") + "```\n";
  text += "\n## Kernels\n\n" + (result.kernels ? markdown_table(kernel_table(*result.kernels))
                                               : "not run: " + result.kernels_not_run + "\n");
  text += "\n## Quality\n\n" + (result.quality ? markdown_table(divergence_table(*result.quality)) + "\n```\n" +
                                                     quality_lines(*result.quality, "") + "```\n"
                                               : "not run: " + result.quality_not_run + "\n");
  text += "\n## Tasks\n\n" + (result.tasks
                                  ? markdown_table(task_table(*result.tasks)) + "\n" + task_lines(*result.tasks, "")
                                  : "not run: " + result.tasks_not_run + "\n");
  return text + "\n" + sensitivity_line(read_sensitivity()) + "\n";
}

}  // namespace fp8bench
