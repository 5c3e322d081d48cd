#include "harness/checkpoint/fp8_recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string module_of(const std::string& tensor_name) {
  const size_t dot = tensor_name.rfind('.');
  return dot == std::string::npos ? "" : tensor_name.substr(0, dot);
}

PlannedTensor planned(const TensorInfo& source, const SplitTensor& split, PlannedAction action, DType dtype) {
  PlannedTensor tensor;
  tensor.info = {split.name, dtype, split.shape, source.shard};
  tensor.source = &source;
  tensor.row_begin = split.row_begin;
  tensor.action = action;
  return tensor;
}

void check_weight(const TensorSource& source, const TensorInfo& tensor, const SplitTensor& split) {
  const std::string where = fmt::format("{}: tensor {}", source.description(), split.name);
  if (split.shape.size() != 2)
    throw InputError(fmt::format(
        "{}: unable to quantize: expected a 2D linear weight, found shape [{}]; add a pattern for it to the "
        "ignore list (--ignore), e.g. re:.*norm.* for norms",
        where, fmt::join(split.shape, ", ")));
  if (tensor.dtype != DType::kBF16)
    throw InputError(fmt::format("{}: expected a BF16 weight, found {}; only BF16 checkpoints are quantized", where,
                                 dtype_name(tensor.dtype)));
  if (split.shape[0] == 0 || split.shape[1] == 0)
    throw InputError(
        fmt::format("{}: expected at least one row and column, found shape [{}]", where, fmt::join(split.shape, ", ")));
}

}  // namespace

bool is_targeted(const std::string& tensor_name, const ModulePatterns& ignore) {
  const std::string module = module_of(tensor_name);
  const std::string_view parameter =
      std::string_view(tensor_name).substr(module.empty() && tensor_name[0] != '.' ? 0 : module.size() + 1);
  // Upstream's own rule: the module's path ends in lower-case "norm". "post_feedforward_layernorm_1" escapes it.
  if (module.ends_with("norm")) return false;
  return parameter == "weight" && !ignore.matches_any(module);
}

std::vector<SplitTensor> split_fused_experts(const TensorInfo& tensor) {
  const bool gate_up = tensor.name.find("gate_up_proj") != std::string::npos;
  const bool down = tensor.name.find("down_proj") != std::string::npos;
  if (gate_up && down)
    throw InputError(fmt::format("tensor {}: expected gate_up_proj or down_proj in a name, found both", tensor.name));
  if ((!gate_up && !down) || tensor.shape.size() != 3) return {{tensor.name, tensor.shape, 0}};
  const std::vector<std::string> parts =
      gate_up ? std::vector<std::string>{"gate_proj", "up_proj"} : std::vector<std::string>{"down_proj"};
  const int64_t count = static_cast<int64_t>(parts.size());
  if (tensor.shape[1] % count != 0)
    throw InputError(
        fmt::format("tensor {}: expected an even number of gate_up rows, found {}", tensor.name, tensor.shape[1]));
  const int64_t rows = tensor.shape[1] / count;
  std::vector<SplitTensor> split;
  for (int64_t expert = 0; expert < tensor.shape[0]; ++expert) {
    for (int64_t part = 0; part < count; ++part) {  // gate is the first half
      std::string name = tensor.name;
      replace_all(name, gate_up ? "gate_up_proj" : "down_proj", fmt::format("{}.{}", expert, parts[part]));
      if (!name.ends_with(".weight")) name += ".weight";
      split.push_back({name, {rows, tensor.shape[2]}, (expert * count + part) * rows});
    }
  }
  return split;
}

std::vector<PlannedTensor> plan_fp8(const TensorSource& source, const std::vector<std::string>& ignore) {
  const ModulePatterns patterns(ignore);
  std::vector<PlannedTensor> plan;
  std::unordered_map<std::string, std::string> scales;  // name -> shard of every scale that is made
  for (const TensorInfo& tensor : source.tensors()) {
    for (const SplitTensor& split : split_fused_experts(tensor)) {
      if (!is_targeted(split.name, patterns)) {
        plan.push_back(planned(tensor, split, PlannedAction::kCopy, tensor.dtype));
        continue;
      }
      check_weight(source, tensor, split);
      plan.push_back(planned(tensor, split, PlannedAction::kCodes, DType::kF8E4M3));
      plan.push_back(planned(tensor, {split.name + "_scale", {split.shape[0], 1}, split.row_begin},
                             PlannedAction::kScales, DType::kBF16));
      scales[plan.back().info.name] = tensor.shard;
    }
  }
  // A stale weight_scale beside its weight is overwritten, as upstream does. In another shard it would end up in both.
  std::erase_if(plan, [&](const PlannedTensor& tensor) {
    const auto made = scales.find(tensor.info.name);
    if (tensor.action != PlannedAction::kCopy || made == scales.end()) return false;
    if (made->second != tensor.info.shard)
      throw InputError(fmt::format("{}: tensor {} in {} would collide with the scale made in {}", source.description(),
                                   tensor.info.name, tensor.info.shard, made->second));
    return true;
  });
  std::unordered_set<std::string> names;
  for (const PlannedTensor& tensor : plan)
    if (!names.insert(tensor.info.name).second)
      throw InputError(fmt::format("{}: two tensors would be named {} after the experts are split",
                                   source.description(), tensor.info.name));
  return plan;
}

std::string model_type_of(const std::string& config_text, const std::string& where) {
  const PyJson config = parse_python_json(config_text, where);
  const PyJson* type = config.find("model_type");
  return type != nullptr && type->is_string() ? type->text : "";
}

PyJson fp8_quantization_config(const std::vector<std::string>& ignore, bool any_quantized) {
  const auto arguments = [](bool dynamic, const char* strategy) {
    return PyJson::object({{"actorder", {}},
                           {"block_structure", {}},
                           {"dynamic", PyJson::boolean(dynamic)},
                           {"group_size", {}},
                           {"num_bits", PyJson::integer(8)},
                           {"observer", {}},
                           {"observer_kwargs", PyJson::object()},
                           {"scale_dtype", {}},
                           {"strategy", PyJson::string(strategy)},
                           {"symmetric", PyJson::boolean(true)},
                           {"type", PyJson::string("float")},
                           {"zp_dtype", {}}});
  };
  const PyJson format = any_quantized ? PyJson::string("float-quantized") : PyJson::null();
  const PyJson group = PyJson::object({{"format", format},
                                       {"input_activations", arguments(true, "token")},
                                       {"output_activations", {}},
                                       {"targets", PyJson::strings({"Linear"})},
                                       {"weights", arguments(false, "channel")}});
  return PyJson::object({{"config_groups", PyJson::object({{"FP8_DYNAMIC", group}})},
                         {"format", any_quantized ? format : PyJson::string("dense")},
                         {"global_compression_ratio", {}},
                         {"ignore", PyJson::strings(ignore)},
                         {"kv_cache_scheme", {}},
                         {"quant_method", PyJson::string("compressed-tensors")},
                         {"quantization_status", PyJson::string("compressed")},
                         {"transform_config", PyJson::object()},
                         {"version", PyJson::string("0.19.0")}});
}

std::string config_with_fp8(const std::string& config_text, const std::string& where,
                            const std::vector<std::string>& ignore, bool any_quantized) {
  PyJson config = parse_python_json(config_text, where);
  if (!config.is_object()) throw InputError(fmt::format("{}: expected a JSON object", where));
  if (config.find("quantization_config") != nullptr)
    throw InputError(fmt::format(
        "{}: expected an unquantized checkpoint, found a quantization_config; quantize the BF16 original instead",
        where));
  config.members["quantization_config"] = fp8_quantization_config(ignore, any_quantized);
  return dump_python_json(config);
}

}  // namespace fp8bench
