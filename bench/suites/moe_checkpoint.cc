// Stage 1: is the engine sound, is the FP8 checkpoint what it claims to be, and where did every tensor come from?
#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "bench/suites/moe.h"
#include "harness/engine/bundled.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

// Tensor hashes go into the record of checkpoints up to this size (bytes): beyond, hashing would take longer than the
// audit.
constexpr int64_t kHashLimit = int64_t{4} << 30;

int64_t total_bytes(const TensorSource& source) {
  int64_t bytes = 0;
  for (const TensorInfo& tensor : source.tensors()) bytes += tensor.bytes();
  return bytes;
}

// "<sha256>  <name>  <dtype>  <shape>", one line a tensor: what the real llm-compressor made of the bundled checkpoint.
// Deriving and auditing with the same code would be circular; this list is not ours.
std::map<std::string, std::string> read_upstream_hashes(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file)
    throw InputError(fmt::format("{}: cannot open the upstream hashes of the bundled checkpoint", path.string()));
  std::map<std::string, std::string> hashes;
  int line_number = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    if (line.empty()) continue;
    std::istringstream fields(line);
    std::string hash, name;
    if (!(fields >> hash >> name) || hash.size() != 64)
      throw InputError(
          fmt::format("{}:{}: expected \"<sha256>  <tensor>\", found \"{}\"", path.string(), line_number, line));
    hashes[name] = hash;
  }
  return hashes;
}

void compare_with_upstream(CheckpointStage& stage, const std::filesystem::path& list) {
  std::map<std::string, std::string> expected = read_upstream_hashes(list);
  for (const TensorDigest& digest : stage.audit.manifest) {
    const auto found = expected.find(digest.name);
    if (found == expected.end()) {
      stage.upstream_mismatches.push_back(digest.name + ": not made by llm-compressor");
      continue;
    }
    if (found->second != digest.sha256) stage.upstream_mismatches.push_back(digest.name);
    expected.erase(found);
    ++stage.upstream_tensors;
  }
  for (const auto& [name, hash] : expected) stage.upstream_mismatches.push_back(name + ": missing");
}

// The structure checks whose failure makes every later figure meaningless. S12 and S13 compare with the source and do
// not stop.
bool structure_failed(const AuditReport& audit) {
  for (const CheckResult& check : audit.checks)
    if (check.status == CheckStatus::kFail && check.id.front() == 'S' && check.id != "S12" && check.id != "S13")
      return true;
  return false;
}

// Two checkpoints of different models cannot be compared, whatever the audit says. Empty when they agree.
std::string shape_difference(const ModelConfig& bf16, const ModelConfig& fp8) {
  const auto differ = [](const char* what, int64_t expected, int64_t found) {
    return expected == found
               ? std::string()
               : fmt::format("{}: expected {} as in the BF16 checkpoint, found {}; ", what, expected, found);
  };
  std::string text =
      differ("vocabulary", bf16.vocab, fp8.vocab) + differ("hidden size", bf16.hidden, fp8.hidden) +
      differ("heads", bf16.heads, fp8.heads) + differ("window", bf16.window, fp8.window) +
      differ("experts", bf16.experts, fp8.experts) + differ("experts per token", bf16.top_k, fp8.top_k) +
      differ("layers", static_cast<int64_t>(bf16.layers.size()), static_cast<int64_t>(fp8.layers.size()));
  for (size_t l = 0; l < std::min(bf16.layers.size(), fp8.layers.size()); ++l)
    if (bf16.layers[l].sliding != fp8.layers[l].sliding || bf16.layers[l].moe != fp8.layers[l].moe)
      text += fmt::format("layer {}: another kind; ", l);
  return text;
}

void add_kernel_checks(CheckpointStage& stage, const std::shared_ptr<const Model>& model, const char* side,
                       const MoeContext& context) {
  SelfTestReport kernels = selftest_kernels(model, context.common.seed, 64, context.policy);
  for (SelfTestItem& item : kernels.items) item.name = std::string(side) + ": " + item.name;
  stage.selftest.items.insert(stage.selftest.items.end(), kernels.items.begin(), kernels.items.end());
  stage.selftest.seconds += kernels.seconds;
}

void note_detections(MoeContext& context, const CheckpointStage& stage) {
  if (!stage.selftest.passed()) context.detections.emplace_back("self-test");
  bool structure = false, values = false;
  for (const CheckResult& check : stage.audit.checks) {
    if (check.status != CheckStatus::kFail) continue;
    (check.id.front() == 'S' ? structure : values) = true;
  }
  if (structure || !stage.refused.empty()) context.detections.emplace_back("structure");
  if (values) context.detections.emplace_back("integrity");
  for (const auto& [derivation, count] : stage.audit.derivations)
    if (count > 0 && derivation != Derivation::kCopied && derivation != Derivation::kRederived) {
      context.detections.emplace_back("derivation");
      break;
    }
  if (!stage.upstream_mismatches.empty()) context.detections.emplace_back("upstream-hashes");
}

}  // namespace

bool CheckpointStage::ok() const {
  return selftest.passed() && audit.passed() && refused.empty() && upstream_mismatches.empty();
}

CheckpointStage run_checkpoint_stage(MoeContext& context) {
  CheckpointStage stage;
  // The engine first: a fault here must not be read as a checkpoint fault.
  stage.selftest = selftest_canonical(bundled_path(), context.engine_fault);
  context.progress->update(1, 4, "audit");
  AuditOptions audit;
  stage.bf16_bytes = total_bytes(*context.pair.bf16);
  stage.fp8_bytes = total_bytes(*context.pair.fp8);
  audit.hash_tensors = context.pair.bundled || stage.fp8_bytes < kHashLimit;
  stage.audit = audit_checkpoint(*context.pair.fp8, context.pair.bf16.get(), audit);
  if (context.pair.bundled) compare_with_upstream(stage, (bundled_path() / "fp8_tensors.sha256"));
  context.progress->update(2, 4, "load");
  context.bf16 = std::make_shared<Model>(open_checkpoint(context.pair.bf16));
  try {
    context.fp8 = std::make_shared<Model>(open_checkpoint(context.pair.fp8));
  } catch (const InputError& error) {
    stage.refused = error.what();
  }
  add_kernel_checks(stage, context.bf16, "bf16", context);
  if (context.fp8) {
    const std::string difference = shape_difference(context.bf16->config(), context.fp8->config());
    if (!difference.empty()) stage.refused = "the FP8 checkpoint is of another model: " + difference;
    if (difference.empty() && structure_failed(stage.audit)) stage.refused = stage.audit.verdict;
    if (stage.refused.empty())
      add_kernel_checks(stage, context.fp8, "fp8", context);
    else
      context.fp8.reset();
  }
  note_detections(context, stage);
  return stage;
}

}  // namespace fp8bench
