#include "bench/suites/moe_tables.h"

#include <fmt/core.h>

#include <algorithm>

namespace fp8bench {
namespace {

std::string with_error(const PlusMinus& value, int decimals, double scale = 1.0) {
  return fmt::format("{:.{}f} ± {:.{}f}", value.value * scale, decimals, value.uncertainty * scale, decimals);
}

std::string milliseconds(double seconds) { return significant(seconds * 1e3, 3); }

// Half the interval over the median, in percent: the spread of a time.
std::string spread_of(const KernelSide& side) {
  return fmt::format("{:.0f}", 50.0 * (side.high - side.low) / side.seconds);
}

std::vector<std::string> divergence_cells(const DivergenceRow& row) {
  const DivergenceSummary& s = row.summary;
  if (s.kld.max == 0.0 && s.kld.min == 0.0)
    return {row.what,
            "0",
            "0",
            "0",
            "0",
            "0",
            fmt::format("{:.2f}", 100 * s.same_top.value),
            fmt::format("{:.5f}", s.ratio.value)};
  return {row.what,
          significant(s.kld.mean.value),
          fmt::format("{}..{}", significant(s.kld_interval.low), significant(s.kld_interval.high)),
          significant(s.kld.median),
          significant(s.kld.at(0.99)),
          significant(s.kld.max),
          fmt::format("{:.2f}", 100 * s.same_top.value),
          with_error(s.ratio, 4)};
}

// Means over the draws of the rounding floor.
std::string floor_flips(const std::vector<PairedCounts>& draws) {
  double worse = 0.0, better = 0.0;
  for (const PairedCounts& draw : draws) {
    worse += static_cast<double>(draw.right_to_wrong) / static_cast<double>(draws.size());
    better += static_cast<double>(draw.wrong_to_right) / static_cast<double>(draws.size());
  }
  return fmt::format("-{:.1f}+{:.1f}", worse, better);
}

std::vector<std::string> task_cells(const TaskRow& row) {
  const GateResult& gate = row.gate;
  return {row.task,
          std::to_string(gate.counts.items()),
          fmt::format("{:.1f}", 100 * row.bf16_accuracy),
          fmt::format("{:.1f}", 100 * row.fp8_accuracy),
          fmt::format("{:+.2f}", 100 * gate.counts.difference()),
          fmt::format("-{}+{}", gate.counts.right_to_wrong, gate.counts.wrong_to_right),
          floor_flips(row.floor),
          fmt::format("{:.2g}", gate.test.p_two_sided),
          fmt::format("{:+.4f}", gate.gold.mean),
          fmt::format("{:+.1f}", gate.gold.z),
          fmt::format("{:.2f}", 100 * gate.minimum_detectable),
          paired_verdict_name(gate.verdict)};
}

}  // namespace

std::string checkpoint_lines(const CheckpointStage& stage, const std::string& indent) {
  const AuditReport& audit = stage.audit;
  const auto share = [](int64_t part, int64_t whole) {
    return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  };
  int64_t passed = 0, judged = 0;
  std::string failures;
  for (const CheckResult& check : audit.checks) {
    if (check.status == CheckStatus::kPass || check.status == CheckStatus::kFail) ++judged;
    if (check.status == CheckStatus::kPass) ++passed;
    if (check.status == CheckStatus::kFail)
      failures += fmt::format("{}FAILED {} {}: {} of {}{}\n", indent, check.id, check.title, check.failures,
                              check.checked, check.findings.empty() ? "" : ", e.g. " + check.findings.front());
  }
  std::string text =
      fmt::format("{}BF16 {:.1f} MB -> FP8 {:.1f} MB ({:.1f} %); {:.1f} % of the parameters are FP8\n", indent,
                  static_cast<double>(stage.bf16_bytes) / 1e6, static_cast<double>(stage.fp8_bytes) / 1e6,
                  share(stage.fp8_bytes, stage.bf16_bytes), share(audit.fp8_parameters, audit.parameters));
  int64_t selftest_passed = 0;
  for (const SelfTestItem& item : stage.selftest.items) {
    selftest_passed += item.passed ? 1 : 0;
    if (!item.passed) failures += fmt::format("{}FAILED self-test: {}: {}\n", indent, item.name, item.detail);
  }
  text += fmt::format("{}self-test {} of {}; audit {} of {} checks", indent, selftest_passed,
                      stage.selftest.items.size(), passed, judged);
  std::string derivations;
  for (const auto& [derivation, count] : audit.derivations)
    if (count > 0)
      derivations +=
          fmt::format("{}{} {}", derivations.empty() ? "; derivation: " : ", ", count, derivation_name(derivation));
  text += derivations;
  if (stage.upstream_tensors > 0 || !stage.upstream_mismatches.empty())
    text += fmt::format(
        "; {} of {} tensors equal llm-compressor's sha256",
        stage.upstream_tensors - static_cast<int64_t>(std::min<size_t>(stage.upstream_mismatches.size(),
                                                                       static_cast<size_t>(stage.upstream_tensors))),
        stage.upstream_tensors);
  text += "\n" + failures;
  for (size_t i = 0; i < std::min<size_t>(3, audit.unexplained.size()); ++i)
    text += fmt::format("{}unexplained: {}\n", indent, audit.unexplained[i]);
  if (!stage.refused.empty()) text += fmt::format("{}refused: {}\n", indent, stage.refused.substr(0, 600));
  return text;
}

Table kernel_table(const KernelStage& stage) {
  Table table{{"op", "tokens", "BF16 ms", "±%", "FP8 ms", "±%", "BF16/FP8", "interval", "BF16", "FP8", "unit",
               "% ceiling", "error/tolerance", "status"},
              {}};
  for (const KernelRow& row : stage.rows) {
    const std::string error = fmt::format("{:.2f} {:.2f}", row.bf16.worst_error, row.fp8.worst_error);
    if (row.status != "ok") {
      table.add({row.op, std::to_string(row.tokens), "n/a", "", "n/a", "", "n/a", "", "n/a", "n/a", row.unit, "n/a",
                 error, row.status});
      continue;
    }
    table.add({row.op, std::to_string(row.tokens), milliseconds(row.bf16.seconds), spread_of(row.bf16),
               milliseconds(row.fp8.seconds), spread_of(row.fp8), fmt::format("{:.2f}", row.ratio),
               fmt::format("{:.2f}..{:.2f}", row.ratio_low, row.ratio_high), significant(row.bf16.rate),
               significant(row.fp8.rate), row.unit,
               fmt::format("{:.0f} {:.0f}", 100 * row.bf16.ceiling_share, 100 * row.fp8.ceiling_share), error,
               row.status});
  }
  return table;
}

Table divergence_table(const QualityStage& stage) {
  Table table{{"against BF16", "KLD mean", "95 % interval", "median", "p99", "max", "top-1 %", "PPL ratio"}, {}};
  for (const DivergenceRow& row : stage.rows) table.add(divergence_cells(row));
  // The draws of the rounding floor as one line: their mean and spread.
  const RoundingFloor& floor = stage.floor;
  if (floor.draws > 0)
    table.add({fmt::format("floor: FP8 against FP8 nudged by an ulp, {} draws", floor.draws),
               significant(floor.kld_mean.mean),
               fmt::format("{}..{}", significant(floor.kld_mean.min), significant(floor.kld_mean.max)), "", "", "",
               fmt::format("{:.2f}", 100 * floor.same_top.mean), ""});
  for (const DivergenceRow& row : stage.floor_rows)
    if (row.key == "fp8_policy") table.add(divergence_cells(row));
  return table;
}

std::string quality_lines(const QualityStage& stage, const std::string& indent) {
  std::string text =
      fmt::format("{}{}, {} tokens; KLD in nats, intervals by document\n", indent, stage.text, stage.tokens);
  const DivergenceSummary& fp8 = stage.rows.front().summary;
  text += fmt::format("{}worst layer {}: SQNR {:.1f} dB, cosine {:.6f}; reverse KLD {}, Jensen-Shannon {}\n", indent,
                      stage.worst_layer.layer, stage.worst_layer.sqnr_db, stage.worst_layer.cosine,
                      significant(fp8.reverse_kld.value), significant(fp8.js.value));
  if (!stage.router.empty()) {
    const RouterLayer& mean = stage.router_mean;
    text += fmt::format(
        "{}router: same set {:.2f} %, Jaccard {:.4f}, top-1 {:.2f} %, KL {}, moved gate weight {:.2f} %; worst layer "
        "{} ({:.2f} %)\n",
        indent, 100 * mean.exact_set, mean.jaccard, 100 * mean.top1, significant(mean.kl), 100 * mean.shifted_weight,
        stage.router_worst.layer, 100 * stage.router_worst.exact_set);
    const double arithmetic = stage.find("fp8_bf16_routing")->summary.kld.mean.value, all = fp8.kld.mean.value;
    if (all > 0.0)
      text += fmt::format(
          "{}split: {:.0f} % of the KLD stays with BF16's routing replayed (arithmetic), {:.0f} % is routing\n", indent,
          100 * arithmetic / all, 100 * (1 - arithmetic / all));
  }
  return text;
}

Table task_table(const TaskStage& stage) {
  Table table{{"task", "n", "BF16 %", "FP8 %", "points", "flips", "floor", "McNemar p", "gold nats", "z", "MDE points",
               "verdict"},
              {}};
  for (const TaskRow& row : stage.rows) table.add(task_cells(row));
  table.add(task_cells(stage.pooled));
  return table;
}

std::string task_lines(const TaskStage& stage, const std::string& indent) {
  const GateResult& gate = stage.pooled.gate;
  std::string text = fmt::format("{}pooled, margin {:.1f} points: {}; {}\n", indent, 100 * stage.margin,
                                 paired_verdict_name(gate.verdict), gate.reason);
  const PairedMean& gold = gate.gold;
  text += fmt::format("{}gold answers: {:+.4f} ± {:.4f} nats an item, one-sided p {:.2g}", indent, gold.mean,
                      gold.standard_error, gold.p_worse);
  // Seen and not hidden: a loss can be real and still be too small to matter.
  if (gold.p_worse < 0.05 && !gate.by_gold)
    text += fmt::format(": a measurable loss, inside the fixed {:.2f} nats beyond the rounding floor's {:.4f}",
                        stage.gold_margin, stage.gold_floor);
  return text + "\n";
}

}  // namespace fp8bench
