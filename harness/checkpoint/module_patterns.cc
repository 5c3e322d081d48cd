// Ignore lists: exact names, and Python regular expressions through PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <map>

#include "harness/checkpoint/fp8_recipe.h"
#include "harness/checkpoint/tensor_map.h"
#include "harness/io/error.h"

namespace fp8bench {

struct ModulePatterns::Pattern {
  std::string exact;  // when code is null
  pcre2_code* code = nullptr;
  ~Pattern() { pcre2_code_free(code); }
};

ModulePatterns::ModulePatterns(const std::vector<std::string>& patterns) {
  for (const std::string& text : patterns) {
    auto pattern = std::make_unique<Pattern>();
    pattern->exact = text;
    if (text.starts_with("re:")) {
      int error = 0;
      PCRE2_SIZE offset = 0;
      // Python's re.match: anchored at the start only, and str patterns know Unicode.
      pattern->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data() + 3), text.size() - 3,
                                    PCRE2_ANCHORED | PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
      if (pattern->code == nullptr) {
        PCRE2_UCHAR message[160] = {};
        pcre2_get_error_message(error, message, sizeof message);
        throw InputError(
            fmt::format("ignore pattern '{}': character {}: {}", text, offset, reinterpret_cast<const char*>(message)));
      }
    }
    patterns_.push_back(std::move(pattern));
  }
}

ModulePatterns::~ModulePatterns() = default;

size_t ModulePatterns::size() const { return patterns_.size(); }

bool ModulePatterns::matches(size_t index, const std::string& module) const {
  const Pattern& pattern = *patterns_[index];
  if (pattern.code == nullptr) return pattern.exact == module;
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(pcre2_match_data_create(1, nullptr),
                                                                                 &pcre2_match_data_free);
  const int found =
      pcre2_match(pattern.code, reinterpret_cast<PCRE2_SPTR>(module.data()), module.size(), 0, 0, data.get(), nullptr);
  if (found < 0 && found != PCRE2_ERROR_NOMATCH)
    throw InputError(fmt::format("ignore pattern '{}': PCRE2 error {} on module '{}'", pattern.exact, found, module));
  return found >= 0;
}

bool ModulePatterns::matches_any(const std::string& module) const {
  for (size_t i = 0; i < patterns_.size(); ++i)
    if (matches(i, module)) return true;
  return false;
}

bool matches_pattern(const std::string& module, const std::string& pattern) {
  return ModulePatterns({pattern}).matches_any(module);
}

bool is_quantized_by_recipe(const std::string& tensor_name, const std::vector<std::string>& ignore) {
  return is_targeted(tensor_name, ModulePatterns(ignore));
}

std::vector<std::string> default_ignore_list(const std::string& model_type) {
  // The model card's recipe. re:.*norm.* is needed because the numbered norms escape upstream's own norm rule.
  if (model_type.starts_with("gemma4"))
    return {"lm_head", "re:.*embed.*", "re:.*router", "re:.*vision_tower.*", "re:.*norm.*"};
  // Text-only siblings: the router is called mlp.gate there. The $ spares it alone: mlp.gate_proj is quantized.
  for (const char* text_only :
       {"llama", "qwen2", "qwen3", "qwen3_moe", "qwen2_moe", "mistral", "mixtral", "gemma", "gemma2", "gemma3_text"})
    if (model_type == text_only) return {"lm_head", "re:.*embed.*", "re:.*norm.*", "re:.*mlp.gate$"};
  // Unknown: everything that no engine loads in FP8, under every name it is known by.
  return {"lm_head", "re:.*embed.*", "re:.*norm.*", "re:.*router", "re:.*mlp.gate$", "re:.*vision.*", "re:.*audio.*"};
}

std::vector<std::string> recipe_warnings(const TensorSource& source, const std::vector<std::string>& ignore) {
  struct Kind {
    const char *what, *why, *pattern;
  };
  static const std::map<TensorClass, Kind> kKinds = {
      {TensorClass::kNorm,
       {"norm", "norm weights are not linear layers; upstream refuses the 1-D ones (expected 2D)", "re:.*norm.*"}},
      {TensorClass::kRouter,
       {"router", "engines load the router in BF16 (vLLM fails on an FP8 one), and its rounding flips expert choices",
        "re:.*router or re:.*mlp.gate$"}},
      {TensorClass::kEmbedding,
       {"embedding", "it is looked up, not multiplied, and a tied one is the output head as well", "re:.*embed.*"}},
      {TensorClass::kHead,
       {"output head", "engines load it in BF16, and its error goes straight into the logits", "re:.*lm_head"}},
      {TensorClass::kVision, {"vision tensor", "engines load the vision tower in BF16", "re:.*vision_tower.*"}},
      {TensorClass::kAudio, {"audio tensor", "engines load the audio tower in BF16", "re:.*audio.*"}}};
  const ModulePatterns patterns(ignore);
  std::map<TensorClass, std::pair<int64_t, std::string>> found;
  for (const TensorInfo& tensor : source.tensors()) {
    for (const SplitTensor& split : split_fused_experts(tensor)) {
      if (!is_targeted(split.name, patterns)) continue;
      auto& [count, first] = found[classify_tensor(split.name)];
      if (count++ == 0) first = split.name;
    }
  }
  std::vector<std::string> warnings;
  for (const auto& [tensor_class, hit] : found) {
    const auto kind = kKinds.find(tensor_class);
    if (kind == kKinds.end()) continue;
    warnings.push_back(fmt::format("this ignore list quantizes {} {}{} ({}{}): {}; add --ignore '{}'", hit.first,
                                   kind->second.what, hit.first > 1 ? "s" : "", hit.second,
                                   hit.first > 1 ? ", ..." : "", kind->second.why, kind->second.pattern));
  }
  return warnings;
}

}  // namespace fp8bench
