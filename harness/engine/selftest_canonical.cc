#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/engine/head.h"
#include "harness/engine/lockstep.h"
#include "harness/engine/selftest.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"

namespace fp8bench {
namespace {

constexpr size_t kCanonicalTokens = 96;  // past the window of the bundled checkpoint, and under 2 s

std::string logits_sha256(const std::shared_ptr<const Model>& model, const EngineOptions& options,
                          const std::vector<float>& hidden) {
  const Head head(model);
  const int64_t rows = static_cast<int64_t>(hidden.size()) / model->config().hidden;
  std::vector<float> logits(static_cast<size_t>(rows * head.vocab()));
  head.logits(hidden.data(), rows, options, logits.data());
  return sha256_hex(std::as_bytes(std::span(logits)));
}

nlohmann::json read_recorded(const std::filesystem::path& path) {
  try {
    return nlohmann::json::parse(read_text_file(path));
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: {}", path.string(), error.what()));
  }
}

SelfTestItem compare(const char* what, const nlohmann::json& recorded, const char* key, const std::string& found) {
  const std::string expected = recorded.value(key, "nothing recorded");
  return {.name = fmt::format("canonical logits {}", what),
          .passed = expected == found,
          .detail = expected == found ? found : fmt::format("expected {}, found {}", expected, found)};
}

}  // namespace

bool SelfTestReport::passed() const {
  return std::all_of(items.begin(), items.end(), [](const SelfTestItem& item) { return item.passed; });
}

std::vector<int32_t> canonical_ids(const std::filesystem::path& nano) {
  const std::filesystem::path path = nano / "text.jsonl";
  std::istringstream lines(read_text_file(path));
  std::vector<int32_t> ids;
  std::string line;
  for (int64_t number = 1; ids.size() < kCanonicalTokens && std::getline(lines, line); ++number) {
    try {
      const nlohmann::json document = nlohmann::json::parse(line);
      for (const nlohmann::json& id : document.at("ids"))
        if (ids.size() < kCanonicalTokens) ids.push_back(id.get<int32_t>());
    } catch (const nlohmann::json::exception& error) {
      throw InputError(fmt::format("{}:{}: expected an object with \"ids\": {}", path.string(), number, error.what()));
    }
  }
  if (ids.empty()) throw InputError(fmt::format("{}: expected documents with ids, found none", path.string()));
  return ids;
}

CanonicalHashes compute_canonical_hashes(const TensorSourcePtr& bf16, std::span<const int32_t> ids, EngineFault fault) {
  const auto bf16_model = std::make_shared<const Model>(open_checkpoint(bf16));
  const auto fp8_model = std::make_shared<const Model>(open_checkpoint(quantized(bf16)));
  const EngineOptions canonical{.policy = Policy::kF32, .fault = fault};
  EngineOptions fp8_cache = canonical;
  fp8_cache.kv = KvDType::kF8E4M3;
  const std::array runs = {RunSpec{.name = "bf16", .model = bf16_model, .options = canonical},
                           RunSpec{.name = "fp8", .model = fp8_model, .options = canonical},
                           RunSpec{.name = "fp8_kv8", .model = fp8_model, .options = fp8_cache}};
  Batch batch;
  batch.add(ids);
  const std::vector<std::vector<float>> hidden = run_lockstep(runs, batch);
  return {.bf16 = logits_sha256(bf16_model, canonical, hidden[0]),
          .fp8 = logits_sha256(fp8_model, canonical, hidden[1]),
          .fp8_kv8 = logits_sha256(fp8_model, fp8_cache, hidden[2])};
}

CanonicalHashes compute_canonical_hashes(const std::filesystem::path& nano, EngineFault fault) {
  return compute_canonical_hashes(open_safetensors_source(nano / "checkpoint"), canonical_ids(nano), fault);
}

CanonicalHashes record_canonical_hashes(const std::filesystem::path& nano) {
  const CanonicalHashes found = compute_canonical_hashes(nano, EngineFault::kNone);
  const nlohmann::json record = {
      {"bf16", found.bf16}, {"fp8", found.fp8}, {"fp8_kv8", found.fp8_kv8}, {"ids", canonical_ids(nano)}};
  write_file_atomically(nano / "canonical.json", record.dump() + "\n");
  return found;
}

SelfTestReport selftest_canonical(const std::filesystem::path& nano, EngineFault fault) {
  const auto start = std::chrono::steady_clock::now();
  const nlohmann::json recorded = read_recorded(nano / "canonical.json");
  const CanonicalHashes found = compute_canonical_hashes(nano, fault);
  SelfTestReport report;
  report.items.push_back({.name = "canonical ids",
                          .passed = recorded.value("ids", std::vector<int32_t>{}) == canonical_ids(nano),
                          .detail = "the first tokens of text.jsonl are those that were recorded"});
  report.items.push_back(compare("bf16", recorded, "bf16", found.bf16));
  report.items.push_back(compare("fp8", recorded, "fp8", found.fp8));
  report.items.push_back(compare("fp8, fp8 KV cache", recorded, "fp8_kv8", found.fp8_kv8));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace fp8bench
