// Stage 2: the MoE branch at 26B-A4B's true shapes, BF16 against FP8: the cases of bench/shapes/moe.txt, measured as
// every other suite's (verify, time, verify again), in the main job's own table.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "bench/cases/runner.h"
#include "bench/cases/shape_file.h"
#include "bench/suites/moe.h"

namespace fp8bench {
namespace {

// Of a part with one token, where samples are short; large ones get more.
constexpr double kSeconds = 0.5, kManyTokensSeconds = 1.6;

std::string row_name(const CaseSpec& spec) {
  if (spec.op == "moe_layer") return "whole MoE layer";
  if (spec.op != "grouped_gemm") return spec.op;
  return spec.shape.ends_with("gate_up") ? "grouped gate_up" : "grouped down";
}

KernelSide side_of(const ContenderResult& result, bool memory) {
  KernelSide side;
  side.seconds = result.timing.median;
  side.low = result.timing.low;
  side.high = result.timing.high;
  side.rate = memory ? result.gb_s : result.gflop_s;
  side.ceiling_share = result.ceiling_share;
  side.worst_error = std::isnan(result.before.worst) ? 1e30 : std::min(result.before.worst, 1e30);
  side.checked = result.before.outputs;
  return side;
}

KernelRow row_of(const CaseRow& measured) {
  const ContenderResult &bf16 = measured.row.contenders.at(0), &fp8 = measured.row.contenders.at(1);
  const bool memory = measured.row.bound == Bound::kMemory;
  KernelRow row;
  row.op = row_name(measured.spec);
  row.unit = memory ? "GB/s" : "GFLOP/s";
  row.tokens = measured.spec.count("tokens");
  row.bf16 = side_of(bf16, memory);
  row.fp8 = side_of(fp8, memory);
  row.ratio = fp8.ratio.median;
  row.ratio_low = fp8.ratio.low;
  row.ratio_high = fp8.ratio.high;
  row.status = "ok";
  for (const ContenderResult& result : measured.row.contenders)
    if (result.status != RowStatus::kOk)
      row.status = fmt::format("{}: {}", row_status_name(result.status), result.detail);
  return row;
}

}  // namespace

KernelStage run_kernel_stage(MoeContext& context) {
  KernelStage stage;
  stage.ceilings = cached_ceilings(context.environment, false);
  // By tokens, as the table is read.
  std::vector<CaseSpec> cases = load_shapes("moe");
  std::stable_sort(cases.begin(), cases.end(),
                   [](const CaseSpec& a, const CaseSpec& b) { return a.count("tokens") < b.count("tokens"); });
  WeightPool weights(context.environment.memory_bytes / 4);
  const CaseContext shared{context.environment, stage.ceilings, weights, context.common.seed};
  int64_t done = 0;
  for (const CaseSpec& spec : cases) {
    context.progress->update(done++, static_cast<int64_t>(cases.size()), spec.text());
    const double seconds = spec.count("tokens") >= 512 ? kManyTokensSeconds : kSeconds;
    const CaseRow measured = measure_case(spec, shared, seconds, [&] {
      // One recalibration for the whole stage.
      if (!stage.recalibrated) stage.ceilings = cached_ceilings(context.environment, true);
      stage.recalibrated = true;
      return stage.ceilings;
    });
    stage.wrong = stage.wrong || measured.row.wrong();
    stage.impossible = stage.impossible || measured.row.too_fast();
    stage.rows.push_back(row_of(measured));
  }
  return stage;
}

}  // namespace fp8bench
