// Every tensor of the checkpoint finds its place or its reason. Problems are collected, not thrown one by one: a
// quantizer that skipped the experts shows in the whole list, not in its first line.
#include "harness/checkpoint/tensor_map.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/fp8_recipe.h"
#include "harness/checkpoint/tensor_rules.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr std::string_view kHead = "lm_head.weight";

std::string described(DType dtype, const std::vector<int64_t>& shape) {
  return fmt::format("{} [{}]", dtype_name(dtype), fmt::join(shape, ", "));
}
std::string described(const TensorInfo& tensor) { return described(tensor.dtype, tensor.shape); }

class MapBuilder {
 public:
  MapBuilder(const TensorSource& source, ModelConfig& config, const QuantScheme& scheme)
      : source_(source),
        config_(config),
        rules_(tensor_rules_of(config)),
        scheme_(scheme),
        used_(source.tensors().size(), false) {}

  TensorMap build() {
    find_prefix();
    map_model();
    map_.layers.resize(config_.layers.size());
    for (size_t l = 0; l < config_.layers.size(); ++l) map_layer(l);
    sort_out_the_rest();
    if (!problems_.empty())
      throw InputError(fmt::format("{}: {} tensor{} of the checkpoint {} not as the config says:\n  {}",
                                   source_.description(), problems_.size(), problems_.size() == 1 ? "" : "s",
                                   problems_.size() == 1 ? "is" : "are", fmt::join(problems_, "\n  ")));
    return std::move(map_);
  }

 private:
  void find_prefix() {
    const std::string multimodal = "model.language_model.";
    const auto& tensors = source_.tensors();
    const bool found = std::any_of(tensors.begin(), tensors.end(),
                                   [&](const TensorInfo& t) { return t.name.starts_with(multimodal); });
    config_.text_prefix = found ? multimodal : "model.";
  }

  void problem(const std::string& name, const std::string& expected, const std::string& found) {
    problems_.push_back(fmt::format("{}: expected {}, found {}", name, expected, found));
  }

  const TensorInfo* take(const std::string& name) {
    const TensorInfo* found = source_.find(name);
    if (found != nullptr) used_[static_cast<size_t>(found - source_.tensors().data())] = true;
    return found;
  }

  // A tensor that must be exactly this; null (and a problem) otherwise.
  const TensorInfo* need(const std::string& name, DType dtype, const std::vector<int64_t>& shape,
                         const char* hint = "") {
    const TensorInfo* found = take(name);
    if (found != nullptr && found->dtype == dtype && found->shape == shape) return found;
    problem(name, described(dtype, shape) + hint, found == nullptr ? "nothing" : described(*found));
    return nullptr;
  }

  // The scheme's own list of exceptions. Asked only where a weight is not FP8, so that patterns cost nothing on a sound
  // checkpoint.
  bool ignored(const std::string& module) {
    if (patterns_ == nullptr) patterns_ = std::make_unique<ModulePatterns>(scheme_.ignore);
    return patterns_->matches_any(module);
  }

  LinearRef linear(const std::string& module, int64_t outputs, int64_t inputs, bool quantizable) {
    const std::string name = module + ".weight";
    const std::vector<int64_t> shape = {outputs, inputs};
    const TensorInfo* stored = source_.find(name);
    const bool quantized = scheme_.kind == QuantKind::kFp8Dynamic && quantizable &&
                           (stored == nullptr || stored->dtype != DType::kBF16 || !ignored(module));
    LinearRef ref{nullptr, nullptr, 0, outputs, inputs};
    ref.weight = need(name, quantized ? DType::kF8E4M3 : DType::kBF16, shape, hint(quantizable, quantized, stored));
    if (quantized) ref.scale = need(module + ".weight_scale", DType::kBF16, {outputs, 1});
    return ref;
  }

  const char* hint(bool quantizable, bool quantized, const TensorInfo* stored) const {
    if (stored == nullptr) return "";
    if (quantized && stored->dtype == DType::kBF16)
      return " (the config says FP8; was this tensor skipped by the quantizer?)";
    if (!quantizable && stored->dtype == DType::kF8E4M3) return " (a router is never quantized)";
    if (!quantized && stored->dtype == DType::kF8E4M3) return " (the config has no quantization_config)";
    return "";
  }

  void map_model() {
    for (const ModelTensorRule& rule : rules_.model) {
      if (!applies(rule.when, config_, nullptr)) continue;
      std::vector<int64_t> shape;
      for (const Size size : rule.shape) shape.push_back(size_of(size, config_, nullptr));
      map_.*rule.member = need(config_.text_prefix + std::string(rule.name), DType::kBF16, shape);
    }
    if (config_.ple > 0)
      map_.ple_model_projection = linear(config_.text_prefix + std::string(kPleModelProjection),
                                         size_of(Size::kPleAllLayers, config_, nullptr), config_.hidden, true);
    if (!config_.tied_head)
      map_.head = need(std::string(kHead), DType::kBF16, {config_.vocab, config_.hidden}, " (the head is not tied)");
  }

  void map_layer(size_t l) {
    const LayerConfig& layer = config_.layers[l];
    LayerTensors& tensors = map_.layers[l];
    const std::string prefix = fmt::format("{}layers.{}.", config_.text_prefix, l);
    for (const LayerVectorRule& rule : rules_.vectors)
      if (applies(rule.when, config_, &layer))
        tensors.*rule.member =
            need(prefix + std::string(rule.name), DType::kBF16, {size_of(rule.size, config_, &layer)});
    for (const LayerLinearRule& rule : rules_.linears)
      if (applies(rule.when, config_, &layer))
        tensors.*rule.member = linear(prefix + std::string(rule.module), size_of(rule.outputs, config_, &layer),
                                      size_of(rule.inputs, config_, &layer), rule.quantizable);
    if (layer.moe) map_experts(prefix + std::string(rules_.experts), tensors);
    if (layer.kv_donor >= 0)
      for (const char* dead :
           {"k_proj.weight", "k_proj.weight_scale", "v_proj.weight", "v_proj.weight_scale", "k_norm.weight"})
        skip(prefix + "self_attn." + dead);
  }

  void map_experts(const std::string& prefix, LayerTensors& tensors) {
    const std::string gate_up = prefix + "gate_up_proj", down = prefix + "down_proj";
    if (source_.find(gate_up) != nullptr || source_.find(down) != nullptr)
      return map_fused_experts(gate_up, down, tensors);
    for (int64_t e = 0; e < config_.experts; ++e) {
      const std::string expert = fmt::format("{}{}.", prefix, e);
      tensors.expert_gate.push_back(linear(expert + "gate_proj", config_.moe_ffn, config_.hidden, true));
      tensors.expert_up.push_back(linear(expert + "up_proj", config_.moe_ffn, config_.hidden, true));
      tensors.expert_down.push_back(linear(expert + "down_proj", config_.hidden, config_.moe_ffn, true));
    }
  }

  void map_fused_experts(const std::string& gate_up_name, const std::string& down_name, LayerTensors& tensors) {
    const int64_t ffn = config_.moe_ffn, hidden = config_.hidden;
    if (scheme_.kind == QuantKind::kFp8Dynamic && !(ignored(gate_up_name) && ignored(down_name))) {
      for (const std::string& name : {gate_up_name, down_name}) {
        const TensorInfo* found = take(name);
        problem(name, "per-expert F8_E4M3 weights (the config says FP8; were the experts skipped by the quantizer?)",
                found == nullptr ? "nothing" : described(*found));
      }
      return;
    }
    const TensorInfo* gate_up = need(gate_up_name, DType::kBF16, {config_.experts, 2 * ffn, hidden});
    const TensorInfo* down = need(down_name, DType::kBF16, {config_.experts, hidden, ffn});
    for (int64_t e = 0; e < config_.experts; ++e) {
      tensors.expert_gate.push_back({gate_up, nullptr, e * 2 * ffn, ffn, hidden});
      tensors.expert_up.push_back({gate_up, nullptr, e * 2 * ffn + ffn, ffn, hidden});
      tensors.expert_down.push_back({down, nullptr, e * hidden, hidden, ffn});
    }
  }

  void skip(const std::string& name) {
    if (const TensorInfo* found = take(name)) map_.skipped.push_back(found);
  }

  void sort_out_the_rest() {
    // Some checkpoints store the tied head a second time; transformers and vLLM ignore it.
    const TensorInfo* head = config_.tied_head ? source_.find(std::string(kHead)) : nullptr;
    if (head != nullptr &&
        need(head->name, DType::kBF16, {config_.vocab, config_.hidden}, " (a copy of the tied embedding)") != nullptr)
      map_.skipped.push_back(head);
    const auto& tensors = source_.tensors();
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (used_[i]) continue;
      const bool skipped = std::any_of(rules_.skips.begin(), rules_.skips.end(),
                                       [&](const SkipRule& r) { return tensors[i].name.starts_with(r.prefix); });
      if (skipped)
        map_.skipped.push_back(&tensors[i]);
      else
        problem(tensors[i].name, "no such tensor in this model", described(tensors[i]));
    }
  }

  const TensorSource& source_;
  ModelConfig& config_;
  const TensorRules& rules_;
  const QuantScheme& scheme_;
  std::unique_ptr<ModulePatterns> patterns_;  // the ignore list, compiled when first asked
  std::vector<bool> used_;
  std::vector<std::string> problems_;
  TensorMap map_;
};

}  // namespace

Checkpoint open_checkpoint(TensorSourcePtr source) {
  Checkpoint checkpoint;
  const std::string where = source->description() + "/config.json";
  if (source->config_text().empty())
    throw InputError(fmt::format("{}: expected the model's configuration, found no such file", where));
  checkpoint.config = parse_model_config(source->config_text(), where);
  checkpoint.scheme = parse_quant_scheme(source->config_text(), where);
  checkpoint.tensors = MapBuilder(*source, checkpoint.config, checkpoint.scheme).build();
  checkpoint.source = std::move(source);
  return checkpoint;
}

Checkpoint open_checkpoint(const std::string& spec) { return open_checkpoint(open_source(spec)); }

}  // namespace fp8bench
