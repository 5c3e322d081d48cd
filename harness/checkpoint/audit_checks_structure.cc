// S1 ... S9 and S13: names, dtypes and shapes of the tensors.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>
#include <string_view>

#include "harness/checkpoint/audit_checks.h"
#include "harness/checkpoint/audit_files.h"

namespace fp8bench {
namespace {

bool is_scale_name(const std::string& name) { return name.ends_with(".weight_scale"); }

void s1_keys(const AuditContext& context, Findings& findings) {
  if (context.source == nullptr) return findings.not_run("needs --source");
  if (!context.recipe_error.empty()) findings.note(context.recipe_error);  // judged by the names below
  for (const PlannedTensor& tensor : context.plan) {
    findings.look();
    if (context.checkpoint.find(tensor.info.name) == nullptr)
      findings.fail(fmt::format("{}: missing", tensor.info.name));
  }
  for (const TensorInfo& tensor : context.checkpoint.tensors())
    if (!context.planned.contains(tensor.name))
      findings.fail(fmt::format("{}: not made by the recipe from this source", tensor.name));
}

void s2_dtypes(const AuditContext& context, Findings& findings) {
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    findings.look();
    // A list of resolved module names (not made by model_free_ptq) need not name the 1-D norms: they are no linear
    // layers.
    const bool targeted = tensor.shape.size() == 2 && is_targeted(tensor.name, *context.patterns);
    DType expected = targeted ? DType::kF8E4M3 : DType::kBF16;
    // Untouched tensors keep the type that the source gave them. No plan excuses a targeted one: engines read the list,
    // and would look for codes and scales.
    if (const auto planned = context.planned.find(tensor.name); !targeted && planned != context.planned.end())
      expected = planned->second->info.dtype;
    if (tensor.dtype != expected)
      findings.fail(
          fmt::format("{}: expected {}, found {}", tensor.name, dtype_name(expected), dtype_name(tensor.dtype)));
  }
}

void s3_scale_shapes(const AuditContext& context, Findings& findings) {
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    if (!is_scale_name(tensor.name)) continue;
    const TensorInfo* weight =
        context.checkpoint.find(tensor.name.substr(0, tensor.name.size() - std::string_view("_scale").size()));
    if (weight == nullptr || weight->shape.empty()) continue;  // S5
    findings.look();
    const std::vector<int64_t> expected = {weight->shape[0], 1};
    if (tensor.shape != expected)
      findings.fail(fmt::format("{}: expected [{}], found [{}]", tensor.name, fmt::join(expected, ", "),
                                fmt::join(tensor.shape, ", ")));
  }
}

void s4_foreign_parameters(const AuditContext& context, Findings& findings) {
  constexpr std::string_view kForeign[] = {"_zero_point",   "input_scale",      "output_scale", "_global_scale",
                                           "weight_packed", "weight_scale_inv", "g_idx"};
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    findings.look();
    for (const std::string_view suffix : kForeign)
      if (tensor.name.ends_with(suffix)) findings.fail(fmt::format("{}: FP8_DYNAMIC has no {}", tensor.name, suffix));
  }
}

void s5_pairs(const AuditContext& context, Findings& findings) {
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    if (context.is_fp8(tensor)) {
      findings.look();
      if (context.checkpoint.find(tensor.name + "_scale") == nullptr)
        findings.fail(fmt::format("{}: F8_E4M3 without its weight_scale", tensor.name));
    } else if (is_scale_name(tensor.name)) {
      findings.look();
      const TensorInfo* weight =
          context.checkpoint.find(tensor.name.substr(0, tensor.name.size() - std::string_view("_scale").size()));
      if (weight == nullptr || !context.is_fp8(*weight))
        findings.fail(fmt::format("{}: a scale without an F8_E4M3 weight", tensor.name));
    }
  }
}

bool must_stay_unquantized(const std::string& name) {
  switch (classify_tensor(name)) {
    case TensorClass::kNorm:
    case TensorClass::kRouter:
    case TensorClass::kEmbedding:
    case TensorClass::kHead:
    case TensorClass::kVision:
    case TensorClass::kAudio:
      return true;
    default:
      break;
  }
  return name.find("embed") != std::string::npos;
}

void s6_unquantized_classes(const AuditContext& context, Findings& findings) {
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    if (!must_stay_unquantized(tensor.name)) continue;
    findings.look();
    if (context.is_fp8(tensor))
      findings.fail(
          fmt::format("{}: a {} tensor in F8_E4M3", tensor.name, tensor_class_name(classify_tensor(tensor.name))));
  }
}

bool is_expert_projection(std::string_view name) {
  return name.ends_with(".gate_proj") || name.ends_with(".up_proj") || name.ends_with(".down_proj");
}

void s7_expert_form(const AuditContext& context, Findings& findings) {
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    findings.look();
    const bool expert = tensor.name.find(".experts.") != std::string::npos;
    if (expert && tensor.shape.size() == 3) {
      findings.fail(fmt::format("{}: experts are still fused 3-D ({})", tensor.name, dtype_name(tensor.dtype)));
    } else if (expert && is_expert_projection(tensor.name)) {
      findings.fail(fmt::format("{}: split without the suffix .weight, so it was skipped (llm-compressor 0.11, 0.12)",
                                tensor.name));
    } else if (tensor.name.ends_with(".weight.weight")) {
      findings.fail(fmt::format("{}: the suffix .weight twice", tensor.name));
    }
  }
}

struct Expert {
  std::string layer;  // "PREFIX.layers.N.experts."
  int64_t id = 0;
  std::string projection;  // "gate_proj.weight", ...
};

bool parse_expert(const std::string& name, Expert& expert) {
  constexpr std::string_view kExperts = ".experts.";
  const size_t at = name.find(kExperts);
  if (at == std::string::npos) return false;
  const size_t begin = at + kExperts.size();
  size_t end = begin;
  while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
  if (end == begin || end - begin > 9 || end >= name.size() || name[end] != '.') return false;
  expert = {name.substr(0, begin), std::stoll(name.substr(begin, end - begin)), name.substr(end + 1)};
  return true;
}

void s8_experts_complete(const AuditContext& context, Findings& findings) {
  const int64_t count = context.integer_setting("num_experts", context.integer_setting("num_local_experts", 0));
  if (count <= 0) return findings.not_run("config.json has no num_experts");
  std::map<std::string, std::map<int64_t, std::set<std::string>>> layers;
  Expert expert;
  for (const TensorInfo& tensor : context.checkpoint.tensors())
    if (parse_expert(tensor.name, expert) && expert.projection.ends_with("_proj.weight"))
      layers[expert.layer][expert.id].insert(expert.projection);
  if (layers.empty())
    return findings.fail(fmt::format("expected {} experts in each MoE layer, found no per-expert tensor", count));
  const bool every_layer = context.text_setting("enable_moe_block") != nullptr;  // Gemma 4: each layer has a MoE branch
  const int64_t expected_layers = context.integer_setting("num_hidden_layers", 0);
  if (every_layer && static_cast<int64_t>(layers.size()) != expected_layers)
    findings.fail(fmt::format("expected experts in {} layers, found them in {}", expected_layers, layers.size()));
  for (const auto& [layer, experts] : layers) {
    for (int64_t id = 0; id < count; ++id) {
      findings.look();
      const auto found = experts.find(id);
      if (found == experts.end() || found->second.size() != 3)
        findings.fail(fmt::format("{}{}: expected 3 projections, found {}", layer, id,
                                  found == experts.end() ? 0 : found->second.size()));
    }
    if (!experts.empty() && experts.rbegin()->first >= count)
      findings.fail(fmt::format("{}{}: expected ids 0 to {}", layer, experts.rbegin()->first, count - 1));
  }
}

void s9_no_v_proj(const AuditContext& context, Findings& findings) {
  if (!context.flag_setting("attention_k_eq_v", false))
    return findings.not_run("config.json does not set attention_k_eq_v");
  const PyJson* types = context.text_setting("layer_types");
  if (types == nullptr) return findings.not_run("config.json has no layer_types");
  std::map<int64_t, bool> has_v;  // of every layer with attention
  for (const TensorInfo& tensor : context.checkpoint.tensors()) {
    constexpr std::string_view kLayers = ".layers.";
    const size_t at = tensor.name.find(kLayers), attention = tensor.name.find(".self_attn.");
    if (at == std::string::npos || attention == std::string::npos || attention < at ||
        must_stay_unquantized(tensor.name))
      continue;
    const int64_t layer = std::atoll(tensor.name.c_str() + at + kLayers.size());
    has_v[layer] |= tensor.name.find(".v_proj.") != std::string::npos;
  }
  for (const auto& [layer, v] : has_v) {
    if (layer >= static_cast<int64_t>(types->items.size())) continue;
    findings.look();
    const bool full = types->items[static_cast<size_t>(layer)].text == "full_attention";
    if (full && v)
      findings.fail(fmt::format("layer {}: a full-attention layer with v_proj, expected V from k_proj", layer));
    if (!full && !v) findings.fail(fmt::format("layer {}: a sliding layer without v_proj", layer));
  }
}

void s13_untouched(const AuditContext& context, Findings& findings) {
  if (context.source == nullptr) return findings.not_run("needs --source");
  for (const TensorFacts& facts : context.facts) {
    if (facts.planned != nullptr && facts.planned->action != PlannedAction::kCopy) continue;
    if (facts.planned == nullptr && !facts.comparison.compared) continue;  // not of this source at all: S1
    findings.look();
    if (context.options.allowed.contains(derivation_of(facts))) continue;
    const Comparison& comparison = facts.comparison;
    findings.fail(fmt::format("{}: {}", facts.tensor->name,
                              comparison.compared ? comparison.differing.first : comparison.reason));
  }
}

constexpr Check kChecks[] = {
    {"S1", "the tensors are exactly those that the recipe makes of the source", true, s1_keys},
    {"S2", "F8_E4M3 for every targeted weight, the original dtype for all else", true, s2_dtypes},
    {"S3", "weight_scale is [outputs, 1]", true, s3_scale_shapes},
    {"S4", "no zero points, input, global or packed parameters", true, s4_foreign_parameters},
    {"S5", "every F8_E4M3 weight has its scale, every scale its weight", true, s5_pairs},
    {"S6", "no norm, router, embedding, head or vision tensor in F8_E4M3", true, s6_unquantized_classes},
    {"S7", "experts are per expert, 2-D and called .weight once", true, s7_expert_form},
    {"S8", "every MoE layer has all experts with three projections", true, s8_experts_complete},
    {"S9", "full-attention layers have no v_proj", true, s9_no_v_proj},
    {"S10", "index, shard headers and file lengths agree", true, check_index_files},
    {"S11", "config.json describes FP8_DYNAMIC and its ignore list", true, check_quantization_config},
    {"S12", "side files equal the source's", true, check_side_files},
    {"S13", "untouched tensors equal the source's, byte by byte", true, s13_untouched},
};

}  // namespace

std::span<const Check> structure_checks() { return kChecks; }

}  // namespace fp8bench
