// S10 ... S12: index and shards, config.json, side files.
#include "harness/checkpoint/audit_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <system_error>

#include "harness/checkpoint/safetensors.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"

namespace fp8bench {

namespace fs = std::filesystem;

namespace {

constexpr const char* kIndex = "model.safetensors.index.json";

struct ShardTensors {
  std::map<std::string, std::string> shard_of;  // tensor -> shard, from the headers
  int64_t total_bytes = 0;
};

// Reads the headers again, independently of the source: that they are valid and fill their files is part of the check.
ShardTensors read_headers(const fs::path& folder, Findings& findings) {
  ShardTensors found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (!name.ends_with(".safetensors") || !entry.is_regular_file()) continue;
    try {
      const SafetensorsFile file(entry.path());
      for (const SafetensorsEntry& tensor : file.header().entries) {
        findings.look();
        const auto [known, is_new] = found.shard_of.emplace(tensor.info.name, name);
        if (!is_new) findings.fail(fmt::format("{}: in {} and again in {}", tensor.info.name, known->second, name));
        found.total_bytes += tensor.end - tensor.begin;
      }
    } catch (const InputError& error) {
      findings.fail(error.what());
    }
  }
  return found;
}

void compare_index(const PyJson& index, const ShardTensors& shards, Findings& findings) {
  const PyJson* map = index.find("weight_map");
  if (map == nullptr) return findings.fail(fmt::format("{}: expected a weight_map", kIndex));
  for (const auto& [name, shard] : map->members) {
    const auto found = shards.shard_of.find(name);
    if (found == shards.shard_of.end()) {
      findings.fail(fmt::format("{}: in the index, in no shard", name));
    } else if (found->second != shard.text) {
      findings.fail(fmt::format("{}: the index says {}, found in {}", name, shard.text, found->second));
    }
  }
  for (const auto& [name, shard] : shards.shard_of)
    if (map->find(name) == nullptr) findings.fail(fmt::format("{}: in {}, not in the index", name, shard));
  const PyJson* metadata = index.find("metadata");
  const PyJson* total = metadata == nullptr ? nullptr : metadata->find("total_size");
  const std::string expected = fmt::format("{}", shards.total_bytes), written = total == nullptr ? "none" : total->text;
  if (written != expected)
    findings.fail(fmt::format("{}: expected total_size {}, found {}", kIndex, expected, written));
}

bool equals(const PyJson* value, const std::string& expected) {
  if (value == nullptr) return false;
  switch (value->kind) {
    case PyJson::Kind::kTrue:
      return expected == "true";
    case PyJson::Kind::kFalse:
      return expected == "false";
    case PyJson::Kind::kNumber:
    case PyJson::Kind::kString:
      return expected == value->text;
    default:
      return false;
  }
}

std::string shown(const PyJson* value) { return value == nullptr ? "nothing" : dump_python_json(*value); }

void expect(const PyJson& object, const std::string& where, const std::string& key, const std::string& expected,
            Findings& findings) {
  findings.look();
  if (!equals(object.find(key), expected))
    findings.fail(fmt::format("{}.{}: expected {}, found {}", where, key, expected, shown(object.find(key))));
}

void check_arguments(const PyJson& group, const std::string& name, bool dynamic, const char* strategy,
                     Findings& findings) {
  const PyJson* arguments = group.find(name);
  if (arguments == nullptr || !arguments->is_object())
    return findings.fail(fmt::format("{}: expected an object, found {}", name, shown(arguments)));
  expect(*arguments, name, "num_bits", "8", findings);
  expect(*arguments, name, "type", "float", findings);
  expect(*arguments, name, "strategy", strategy, findings);
  expect(*arguments, name, "symmetric", "true", findings);
  expect(*arguments, name, "dynamic", dynamic ? "true" : "false", findings);
}

// Every entry should match a module, or the list was written for another model.
void check_ignore_list(const AuditContext& context, const PyJson& quantization, bool tied, Findings& findings) {
  const PyJson* ignore = quantization.find("ignore");
  if (ignore == nullptr || ignore->kind != PyJson::Kind::kArray)
    return findings.fail(fmt::format("ignore: expected a list, found {}", shown(ignore)));
  for (const PyJson& entry : ignore->items) {
    if (!entry.is_string()) {
      findings.fail(fmt::format("ignore: expected names, found {}", shown(&entry)));
      continue;
    }
    findings.look();
    try {
      const ModulePatterns pattern({entry.text});
      bool matched = false;
      for (const TensorInfo& tensor : context.checkpoint.tensors()) {
        const size_t dot = tensor.name.rfind('.');
        matched = matched || pattern.matches_any(dot == std::string::npos ? tensor.name : tensor.name.substr(0, dot));
      }
      if (matched || (entry.text == "lm_head" && tied)) continue;
      // A pattern may be meant for parts that this model lacks (a vision tower); a name that nothing bears is a
      // mistake.
      if (entry.text.starts_with("re:")) {
        findings.note(fmt::format("ignore: {} matches no module here", entry.text));
      } else {
        findings.fail(fmt::format("ignore: no module is called {}", entry.text));
      }
    } catch (const InputError& error) {
      findings.fail(error.what());
    }
  }
}

}  // namespace

void check_index_files(const AuditContext& context, Findings& findings) {
  const fs::path folder = context.checkpoint.description();
  std::error_code error;
  if (!fs::is_regular_file(folder / "config.json", error))
    return findings.not_run("the checkpoint is not a folder on disk");
  const ShardTensors shards = read_headers(folder, findings);
  if (!fs::is_regular_file(folder / kIndex, error))
    return findings.fail(fmt::format("expected {}, found none", kIndex));
  try {
    compare_index(parse_python_json(read_text_file(folder / kIndex), (folder / kIndex).string()), shards, findings);
  } catch (const InputError& problem) {
    findings.fail(problem.what());
  }
}

void check_quantization_config(const AuditContext& context, Findings& findings) {
  if (!context.config_error.empty()) return findings.fail(context.config_error);
  const PyJson* quantization = context.quantization();
  if (quantization == nullptr || !quantization->is_object())
    return findings.fail("config.json has no quantization_config");
  expect(*quantization, "quantization_config", "quant_method", "compressed-tensors", findings);
  expect(*quantization, "quantization_config", "format", "float-quantized", findings);
  expect(*quantization, "quantization_config", "quantization_status", "compressed", findings);
  const PyJson* groups = quantization->find("config_groups");
  if (groups == nullptr || groups->members.size() != 1) {
    findings.fail(
        fmt::format("config_groups: expected one group, found {}", groups == nullptr ? 0 : groups->members.size()));
  } else {
    const PyJson& group = groups->members.begin()->second;
    const PyJson* targets = group.find("targets");
    if (targets == nullptr || targets->items.size() != 1 || targets->items[0].text != "Linear")
      findings.fail(fmt::format("targets: expected [\"Linear\"], found {}", shown(targets)));
    check_arguments(group, "weights", false, "channel", findings);
    check_arguments(group, "input_activations", true, "token", findings);
  }
  // Gemma ties by default, and its config leaves the key out.
  const PyJson* top = context.config.find("tie_word_embeddings");
  const bool gemma = model_type_of(context.checkpoint.config_text(), "config.json").starts_with("gemma");
  const bool tied = top != nullptr ? equals(top, "true") : context.flag_setting("tie_word_embeddings", gemma);
  check_ignore_list(context, *quantization, tied, findings);
  findings.look();
  if (tied && context.checkpoint.find("lm_head.weight") != nullptr)
    findings.fail("tie_word_embeddings is set, and lm_head.weight is stored");
}

void check_side_files(const AuditContext& context, Findings& findings) {
  if (context.source == nullptr) return findings.not_run("needs --source");
  const auto hash = [](const SideFile& file) {
    return file.location.empty() ? sha256_hex(file.content) : sha256_file(file.location);
  };
  std::map<std::string, SideFile> found;
  for (const SideFile& file : context.checkpoint.side_files()) found[file.name] = file;
  const std::vector<SideFile> expected = context.source->side_files();
  if (expected.empty()) return findings.not_run("the source has no side files");
  for (const SideFile& file : expected) {
    findings.look();
    const auto copy = found.find(file.name);
    if (copy == found.end()) {
      findings.fail(fmt::format("{}: missing", file.name));
    } else if (hash(copy->second) != hash(file)) {
      findings.fail(fmt::format("{}: differs from the source", file.name));
    }
  }
}

}  // namespace fp8bench
