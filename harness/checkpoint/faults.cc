#include "harness/checkpoint/faults.h"

#include <algorithm>
#include <array>

namespace fp8bench {
namespace {

constexpr auto C = FaultKind::kCheckpoint;
constexpr auto E = FaultKind::kEngine;

constexpr double kFactors[] = {1.004, 1.01, 1.03, 1.1, 1.25, 1.5, 2, 4};
constexpr double kSteps[] = {1, 4, 16, 64, 256, 512};
constexpr double kCodes[] = {1, 16, 256, 4096};
constexpr double kTensors[] = {1, 4, 16, 64};
constexpr double kShares[] = {1.0 / 64, 1.0 / 16, 0.25, 1};

constexpr std::array kFaults = {
    Fault{"expert-scale-x1.03", C, "one busy expert's weight scales times 1.03",
          "vLLM #54683: rank-local FP8 scales mixed"},
    Fault{"expert-scale-x2", C, "one busy expert's weight scales times 2", "vLLM #54683; vLLM #39407 (double scaling)",
          kFactors, "factor"},
    Fault{"cold-expert-scale-x2", C, "the least used expert's weight scales times 2",
          "vLLM #54683, where no prompt may notice", kFactors, "factor"},
    Fault{"experts-swapped", C, "two experts of one layer exchanged",
          "vLLM #42463 / #44739: expert naming and order in loaders"},
    Fault{"gate-up-swapped", C, "gate and up exchanged in one expert",
          "vLLM Gemma 4 loader: fused gate_up is gate first"},
    Fault{"per-tensor-scales", C, "one scale per tensor instead of one per output channel",
          "vLLM benchmark_cutlass_moe_fp8; LC #2043", kTensors, "tensors"},
    Fault{"scales-rotated", C, "scales of one tensor shifted by one row",
          "sglang #37679: tensors and scales mapped apart"},
    Fault{"scale-off-by-one", C, "one scale one BF16 code higher",
          "device differences in amax / 448; the smallest possible edit", kSteps, "BF16 steps"},
    Fault{"code-flipped", C, "one weight code flipped in its last bit", "a flipped bit in storage or transfer", kCodes,
          "codes"},
    Fault{"router-fp8", C, "the router of one layer quantized", "vLLM #23031: router gate initialised as FP8"},
    Fault{"norm-quantized", C, "a numbered norm quantized",
          "llm-compressor: post_feedforward_layernorm_1 escapes the norm rule"},
    Fault{"expert-zeroed", C, "one expert's codes all zero", "SGLang: per-expert FP8 tensors skipped by the loader",
          kShares, "share of its rows"},
    Fault{"experts-bf16-3d", C, "experts left in BF16, fused 3-D",
          "llm-compressor 0.11-0.12 (#2833): experts silently skipped"},
    Fault{"no-bf16-quotient", C, "codes derived without rounding the quotient to BF16",
          "compressed-tensors #777: Triton quantize kernel"},
    Fault{"per-expert-scale-ignored", E, "router.per_expert_scale not applied", "onnxruntime/mobius #546"},
    Fault{"layer-scalar-ignored", E, "layer_scalar not applied", "Gemma 4 ports that load only *.weight"},
    Fault{"router-normed-input", E, "router fed pre_feedforward_layernorm_2(h) instead of h",
          "Gemma 4 ports: router input is the raw residual"},
    Fault{"static-activation-scale", E, "one fixed activation scale instead of one per token",
          "vLLM #20937: per_act_token wrongly per-tensor"},
    Fault{"truncating-e4m3", E, "activation codes rounded toward zero", "missing RNE in software FP8 casts"},
    Fault{"window-off-by-one", E, "sliding window of W + 1 keys", "masks that use <= where Gemma uses <"},
    Fault{"norm-one-plus-weight", E, "(1 + w) norms as in Gemma 1-3", "Gemma 4 ports that kept Gemma 3's norm"},
    Fault{"requantize-after-routing", E, "routing weight applied before the down projection's quantization",
          "older Triton fused_moe order"},
};

}  // namespace

std::span<const Fault> faults() { return kFaults; }

const Fault* find_fault(std::string_view name) {
  const auto* found = std::find_if(kFaults.begin(), kFaults.end(), [&](const Fault& f) { return f.name == name; });
  return found == kFaults.end() ? nullptr : found;
}

}  // namespace fp8bench
