// Stage 2: the MoE layer at 26B-A4B's true shapes, BF16 against FP8. Verify, then time: an op whose output is outside
// its derived tolerance of the exact reference has no time.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <functional>
#include <random>

#include "bench/suites/moe.h"
#include "bench/suites/moe_layer.h"
#include "harness/measure/sampler.h"
#include "harness/measure/verified.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr std::array<int64_t, 4> kTokens = {1, 8, 64, 512};
constexpr int64_t kAllOutputsUpTo = 8;  // tokens: below, every output is checked; above, a seeded sample
constexpr int64_t kSampledOutputs = 4096;
constexpr const char* kModel = "synth:gemma-4-26b-a4b?layers=1";

enum class Op { kRouter, kGateUp, kDown, kLayer };
constexpr std::array kOps = {Op::kRouter, Op::kGateUp, Op::kDown, Op::kLayer};

const char* op_name(Op op) {
  switch (op) {
    case Op::kRouter:
      return "router";
    case Op::kGateUp:
      return "grouped gate_up";
    case Op::kDown:
      return "grouped down";
    case Op::kLayer:
      return "whole MoE layer";
  }
  return "";
}

void run_op(MoeLayerWork& work, Op op, const MoeInput& input) {
  switch (op) {
    case Op::kRouter:
      work.router(input);
      break;
    case Op::kGateUp:
      work.gate_up(input);
      break;
    case Op::kDown:
      work.down();
      break;
    case Op::kLayer:
      work.layer(input);
      break;
  }
}

// `judge(i)` gives |result - exact| / tolerance of output i of `count`.
Check check_outputs(int64_t count, bool all, uint64_t seed, const std::function<double(int64_t)>& judge) {
  std::vector<int64_t> chosen;
  if (all) {
    for (int64_t i = 0; i < count; ++i) chosen.push_back(i);
  } else {
    std::mt19937_64 random(seed);
    for (int64_t i = 0; i < std::min(count, kSampledOutputs); ++i)
      chosen.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(count)));
  }
  std::vector<double> errors(chosen.size());
  parallel_for(static_cast<int64_t>(chosen.size()), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) errors[i] = judge(chosen[i]);
  });
  Check check;
  check.outputs = static_cast<int64_t>(chosen.size());
  // A NaN must not slip through a maximum.
  for (const double error : errors) check.worst = std::isfinite(error) ? std::max(check.worst, error) : 1e30;
  return check;
}

double gemm_error(const GemmArgs& args, int64_t row, int64_t column, float result) {
  const double exact = gemm_ref_output(args, row, column);
  const double distance = std::fabs(static_cast<double>(result) - exact);
  return distance == 0.0 ? 0.0 : distance / gemm_tolerance(args, row, column);
}

Check check_op(const MoeLayerWork& work, Op op, uint64_t seed) {
  const bool all = work.tokens() <= kAllOutputsUpTo;
  const int64_t wide = 2 * work.ffn(), hidden = work.hidden();
  switch (op) {
    case Op::kRouter: {
      const GemmArgs args = work.router_args();
      const int64_t experts = args.w->n;
      return check_outputs(work.tokens() * experts, all, seed, [&, experts](int64_t i) {
        return gemm_error(args, i / experts, i % experts, work.router_output()[i]);
      });
    }
    case Op::kGateUp:
      return check_outputs(work.rows() * wide, all, seed, [&](int64_t i) {
        return gemm_error(work.gate_up_args(i / wide), 0, i % wide, work.gate_up_output().data[i]);
      });
    case Op::kDown:
      return check_outputs(work.rows() * hidden, all, seed, [&](int64_t i) {
        return gemm_error(work.down_args(i / hidden), 0, i % hidden, work.down_output().data[i]);
      });
    case Op::kLayer:
      // The parts are checked above; what is left is the weighted sum: two roundings a term of eight.
      return check_outputs(work.tokens() * hidden, all, seed, [&](int64_t i) {
        double magnitude = 0.0;
        const double exact = work.combined(i / hidden, i % hidden, magnitude);
        const double distance = std::fabs(static_cast<double>(work.output().data[i]) - exact);
        return distance == 0.0 ? 0.0 : distance / (16 * 0x1p-24 * magnitude);
      });
  }
  return {};
}

// What an op moves or computes: GB/s while weights dominate (few tokens), GFLOP/s after that.
struct RowAmount {
  double value = 0.0;
  bool bytes = false;
};

RowAmount amount_of(const MoeLayerWork& work, Op op, int64_t experts) {
  const double router_flop = 2.0 * static_cast<double>(work.tokens() * work.hidden() * experts);
  const double gate_up_flop =
      2.0 * static_cast<double>(work.rows() * work.hidden()) * 2.0 * static_cast<double>(work.ffn());
  const double down_flop = 2.0 * static_cast<double>(work.rows() * work.hidden() * work.ffn());
  const bool bytes = work.tokens() <= kAllOutputsUpTo;
  const double router_bytes = 2.0 * static_cast<double>(work.hidden() * experts);
  switch (op) {
    case Op::kRouter:
      return {bytes ? router_bytes : router_flop, bytes};
    case Op::kGateUp:
      return {bytes ? static_cast<double>(work.gate_up_bytes()) : gate_up_flop, bytes};
    case Op::kDown:
      return {bytes ? static_cast<double>(work.down_bytes()) : down_flop, bytes};
    case Op::kLayer:
      return {bytes ? router_bytes + static_cast<double>(work.gate_up_bytes() + work.down_bytes())
                    : router_flop + gate_up_flop + down_flop,
              bytes};
  }
  return {};
}

void fill_side(KernelSide& side, const Timing& timing, const Check& check, const RowAmount& amount,
               const Ceilings& ceilings) {
  side.seconds = timing.median;
  side.low = timing.low;
  side.high = timing.high;
  side.rate = amount.value / timing.median / 1e9;
  side.ceiling_share = side.rate / (amount.bytes ? ceilings.read_gb_s : ceilings.fma_gflop_s);
  side.worst_error = check.worst;
  side.checked = check.outputs;
}

// One pair of sides, prepared once per rotated input: every sample reads other experts than the one before, so that the
// caches do not serve what decoding would read from memory.
struct Bench {
  std::vector<MoeInput> inputs;
  std::deque<MoeLayerWork> bf16, fp8;  // one per input; they keep pointers into themselves
  uint64_t seed;
  int64_t experts;

  void prepare() {
    for (size_t i = 0; i < inputs.size(); ++i) {
      bf16[i].prepare(inputs[i]);
      fp8[i].prepare(inputs[i]);
    }
  }

  double timed_error(MoeLayerWork& work, Op op) const {
    work.look_at_timed(true);
    double worst = check_op(work, op, seed + 1).worst;
    if (op == Op::kLayer)  // its parts as well: the sum over experts alone would not notice a wrong product
      worst = std::max({worst, check_op(work, Op::kGateUp, seed + 2).worst, check_op(work, Op::kDown, seed + 3).worst});
    work.look_at_timed(false);
    return worst;
  }

  KernelRow row(Op op, int64_t tokens, const Ceilings& ceilings, double seconds) {
    KernelRow row;
    row.op = op_name(op);
    row.tokens = tokens;
    const Check bf16_before = check_op(bf16[0], op, seed), fp8_before = check_op(fp8[0], op, seed);
    row.bf16.worst_error = bf16_before.worst;
    row.fp8.worst_error = fp8_before.worst;
    row.bf16.checked = bf16_before.outputs;
    row.fp8.checked = fp8_before.outputs;
    const RowAmount bf16_amount = amount_of(bf16[0], op, experts), fp8_amount = amount_of(fp8[0], op, experts);
    row.unit = bf16_amount.bytes ? "GB/s" : "GFLOP/s";
    if (bf16_before.worst > 1.0 || fp8_before.worst > 1.0) {
      row.status = fmt::format("wrong: error {:.1f} of the tolerance", std::max(bf16_before.worst, fp8_before.worst));
      return row;
    }
    SamplerOptions sampling;
    sampling.time_limit = seconds;
    sampling.min_samples = 3;
    sampling.max_samples = 200;
    const auto timed = [&](std::deque<MoeLayerWork>& side) {
      return [&, this](int i) {
        run_op(side[static_cast<size_t>(i) % inputs.size()], op, inputs[static_cast<size_t>(i) % inputs.size()]);
      };
    };
    const std::array<Work, 2> sides = {timed(bf16), timed(fp8)};
    const InterleavedTiming times = measure_interleaved(sides, sampling, seed);
    // What the timed runs left behind is verified too: a kernel that spoils its output on a later run has no time
    // either.
    if (timed_error(bf16[0], op) > 1.0 || timed_error(fp8[0], op) > 1.0) {
      row.status = "wrong after timing";
      return row;
    }
    fill_side(row.bf16, times.contenders[0], bf16_before, bf16_amount, ceilings);
    fill_side(row.fp8, times.contenders[1], fp8_before, fp8_amount, ceilings);
    row.ratio = times.ratios[1].median;
    row.ratio_low = times.ratios[1].low;
    row.ratio_high = times.ratios[1].high;
    row.status = "ok";
    return row;
  }
};

// A ceiling is itself a measurement, and a large last-level cache serves part of any rotation: what is this much above
// it is impossible, not merely lucky. A kernel that skips work is far beyond.
constexpr double kCeilingSlack = 1.25;

double ceiling_of(const KernelRow& row, const Ceilings& ceilings) {
  return row.unit == "GB/s" ? ceilings.read_gb_s : ceilings.fma_gflop_s;
}

// The router's weights (0.7 MB) stay in the cache by nature, so a memory ceiling does not bound it.
bool above_ceiling(const KernelRow& row) {
  if (row.status != "ok" || (row.op == op_name(Op::kRouter) && row.unit == "GB/s")) return false;
  return std::max(row.bf16.ceiling_share, row.fp8.ceiling_share) > kCeilingSlack;
}

}  // namespace

KernelStage run_kernel_stage(MoeContext& context) {
  KernelStage stage;
  stage.ceilings = cached_ceilings(context.environment, false);
  const Checkpoint bf16 = open_checkpoint(kModel), fp8 = open_checkpoint(std::string("quantized:") + kModel);
  const auto bf16_layer = load_layer(bf16, 0), fp8_layer = load_layer(fp8, 0);
  const ModelConfig& config = bf16.config;
  int64_t done = 0;
  for (const int64_t tokens : kTokens) {
    Bench bench{{}, {}, {}, context.common.seed, config.experts};
    // Enough experts between two visits of the same one that no cache holds them all.
    const int sets = tokens == 1 ? 16 : tokens <= kAllOutputsUpTo ? 8 : 2;
    for (int i = 0; i < sets; ++i) {
      bench.inputs.push_back(make_moe_input(tokens, config.hidden, context.common.seed + static_cast<uint64_t>(i)));
      bench.bf16.emplace_back(bf16_layer, config);
      bench.fp8.emplace_back(fp8_layer, config);
    }
    bench.prepare();
    const double seconds = tokens >= 512 ? 1.6 : 0.5;
    for (const Op op : kOps) {
      context.progress->update(done++, static_cast<int64_t>(kTokens.size() * kOps.size()),
                               fmt::format("{} at {} tokens", op_name(op), tokens));
      KernelRow row = bench.row(op, tokens, stage.ceilings, seconds);
      // One recalibration for the whole stage; a later row is looked at once more before it is called impossible.
      if (above_ceiling(row)) {
        if (!stage.recalibrated) stage.ceilings = cached_ceilings(context.environment, true);
        stage.recalibrated = true;
        row = bench.row(op, tokens, stage.ceilings, seconds);
      }
      if (above_ceiling(row)) {
        row.status = fmt::format("dropped: {:.0f} % of the measured ceiling",
                                 100 * std::max(row.bf16.ceiling_share, row.fp8.ceiling_share));
        stage.impossible = true;
      }
      stage.wrong = stage.wrong || row.status.rfind("wrong", 0) == 0;
      stage.rows.push_back(std::move(row));
    }
  }
  // Rows from before a recalibration are shown against the ceilings that the screen names.
  for (KernelRow& row : stage.rows)
    for (KernelSide* side : {&row.bf16, &row.fp8}) side->ceiling_share = side->rate / ceiling_of(row, stage.ceilings);
  return stage;
}

}  // namespace fp8bench
