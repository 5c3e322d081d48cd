// Every check fails when its fault is injected, and no check outside the listed implications does. The table below says
// which faults imply which checks; "may" are consequences that depend on the values.
#include "harness/checkpoint/audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "harness/checkpoint/faults.h"
#include "harness/checkpoint/faulty_source.h"
#include "harness/checkpoint/quantize_checkpoint.h"
#include "harness/io/text_file.h"
#include "kernels/bf16.h"
#include "tests/checkpoint/memory_source.h"
#include "tests/checkpoint/miniature.h"
#include "tests/test_data.h"

using namespace fp8bench;
using namespace fp8bench::test;
namespace fs = std::filesystem;

namespace {

using Ids = std::set<std::string>;

struct Models {
  std::shared_ptr<MemorySource> bf16 = bf16_model();
  std::shared_ptr<MemorySource> fp8 = std::make_shared<MemorySource>(*quantized(bf16));
};

Ids failed(const AuditReport& report) {
  Ids ids;
  for (const CheckResult& check : report.checks)
    if (check.status == CheckStatus::kFail) ids.insert(check.id);
  return ids;
}

std::string shown(const Ids& ids) { return fmt::format("[{}]", fmt::join(ids, " ")); }

void check_failures(const Ids& found, const Ids& must, const Ids& may) {
  INFO("failed " << shown(found) << ", must " << shown(must) << ", may " << shown(may));
  for (const std::string& id : must) CHECK(found.contains(id));
  for (const std::string& id : found) CHECK((must.contains(id) || may.contains(id)));
}

const std::string kLayer = "model.language_model.layers.0.";
const std::string kUp = kLayer + "mlp.up_proj.weight";
const std::string kExpert = kLayer + "experts.1.";

struct Mutation {
  const char* check;  // the check that this is about
  const char* what;
  std::function<void(MemorySource&)> apply;
  Ids also = {};  // implied: must fail too
  Ids may = {};
};

void retype(MemorySource& model, const std::string& name, DType dtype) {
  TensorInfo& info = model.info(name);
  info.dtype = dtype;
  model.bytes(name).resize(static_cast<size_t>(info.bytes()));
}

// A foreign name implies S1 everywhere: the set of keys is no longer that of the recipe.
std::vector<Mutation> mutations() {
  return {
      {"S1", "a side tensor is missing", [](MemorySource& m) { m.remove(kLayer + "layer_scalar"); }},
      {"S1", "a BF16 tensor that the source lacks",
       [](MemorySource& m) { m.add(kLayer + "extra", DType::kBF16, {3}); }},
      {"S2", "scales in F32", [](MemorySource& m) { retype(m, kUp + "_scale", DType::kF32); }},
      {"S2",
       "an untouched tensor in F32",
       [](MemorySource& m) { retype(m, kLayer + "layer_scalar", DType::kF32); },
       {"S13"}},
      {"S2",
       "one linear left in BF16",
       [](MemorySource& m) { retype(m, kUp, DType::kBF16), m.remove(kUp + "_scale"); },
       {"S1"}},
      {"S3", "scales as a vector", [](MemorySource& m) { m.info(kUp + "_scale").shape = {24}; }},
      {"S4",
       "an input scale",
       [](MemorySource& m) { m.add(kLayer + "mlp.up_proj.input_scale", DType::kBF16, {1}); },
       {"S1"}},
      {"S4",
       "a zero point",
       [](MemorySource& m) {
         m.add(kLayer + "mlp.up_proj.weight_zero_point", DType::kBF16, {24, 1});
       },
       {"S1"}},
      {"S5", "a weight without its scale", [](MemorySource& m) { m.remove(kUp + "_scale"); }, {"S1"}},
      {"S5", "a scale without its weight", [](MemorySource& m) { m.remove(kUp); }, {"S1"}},
      {"S6",
       "the embedding in F8",
       [](MemorySource& m) {
         retype(m, "model.language_model.embed_tokens.weight", DType::kF8E4M3);
         m.add("model.language_model.embed_tokens.weight_scale", DType::kBF16, {32, 1},
               std::vector<std::byte>(64, std::byte{0x3C}));
       },
       {"S1", "S2", "S13"},
       {"I1", "I3", "I5"}},
      {"S7",
       "the suffix .weight is missing",
       [](MemorySource& m) { m.rename(kExpert + "up_proj.weight", kExpert + "up_proj"); },
       {"S1", "S2", "S8"},
       {"S5"}},
      {"S7",
       "the suffix .weight twice",
       [](MemorySource& m) {
         m.add(kLayer + "x.weight.weight", DType::kF8E4M3, {1, 1}, {std::byte{0x7E}});
       },
       {"S1", "S5"},
       {"I4"}},
      {"S8",
       "one expert is missing",
       [](MemorySource& m) {
         for (const char* part : {"gate_proj", "up_proj", "down_proj"})
           m.remove(kExpert + part + ".weight"), m.remove(kExpert + part + ".weight_scale");
       },
       {"S1"}},
      {"S9",
       "a full layer with v_proj",
       [](MemorySource& m) {
         const std::string at = "model.language_model.layers.1.self_attn.";
         m.add(at + "v_proj.weight", DType::kF8E4M3, {16, 16}, m.bytes(at + "k_proj.weight"));
         m.add(at + "v_proj.weight_scale", DType::kBF16, {16, 1}, m.bytes(at + "k_proj.weight_scale"));
       },
       {"S1"}},
      {"S11", "activations are static",
       [](MemorySource& m) { m.config().replace(m.config().find("\"dynamic\": true"), 15, "\"dynamic\": false"); }},
      {"S11", "another format",
       [](MemorySource& m) {
         const std::string from = "\"format\": \"float-quantized\"";
         m.config().replace(m.config().rfind(from), from.size(), "\"format\": \"int-quantized\"");
       }},
      {"S11", "an ignored module that does not exist",
       [](MemorySource& m) { m.config().replace(m.config().find("\"lm_head\","), 10, "\"lm_hat\", "); }},
      {"S11", "no quantization_config", [](MemorySource& m) { m.config() = bf16_model()->config(); }},
      {"S12", "another generation_config", [](MemorySource& m) { m.files()[0].content = "{ }"; }},
      {"S12", "no generation_config", [](MemorySource& m) { m.files().clear(); }},
      {"S13", "one bit of a norm", [](MemorySource& m) { m.halves(kLayer + "input_layernorm.weight")[7] ^= 1; }},
      {"S13", "one bit of the router", [](MemorySource& m) { m.halves(kLayer + "router.proj.weight")[9] ^= 1; }},
      {"I1", "a NaN code", [](MemorySource& m) { m.codes(kUp)[20] = 0xFF; }, {"I6", "I7"}, {"I3"}},
      {"I2", "an infinite scale", [](MemorySource& m) { m.halves(kUp + "_scale")[3] = 0x7F80; }, {"I6"}, {"I7"}},
      {"I2", "a negative scale", [](MemorySource& m) { m.halves(kUp + "_scale")[3] |= 0x8000; }, {"I6", "I7"}},
      {"I2", "a zero scale", [](MemorySource& m) { m.halves(kUp + "_scale")[3] = 0; }, {"I6", "I7"}},
      {"I3",
       "the largest codes of a row one step down",
       [](MemorySource& m) {
         for (int i = 16; i < 32; ++i)
           if ((m.codes(kUp)[i] & 0x7F) == 0x7E) --m.codes(kUp)[i];
       },
       {"I6"},
       {"I7"}},
      {"I4", "the scale of a zero row", [](MemorySource& m) { m.halves(kUp + "_scale")[0] = 0x3F80; }, {"I6"}},
      {"I5",
       "a scale that no amax gives",
       [](MemorySource& m) {
         uint16_t& scale = m.halves(kUp + "_scale")[2];
         scale = static_cast<uint16_t>((scale & 0xFF80) | 0x44);
       },
       {"I6"},
       {"I7"}},
      {"I6",
       "one code one step off",
       [](MemorySource& m) { ++m.codes(kUp)[(m.codes(kUp)[20] & 0x7F) < 0x7D ? 20 : 21]; },
       {},
       {"I3", "I7"}},
      {"I7", "a weight with the wrong sign", [](MemorySource& m) { m.codes(kUp)[20] ^= 0x80; }, {"I6"}},
      {"I8",
       "gate and up exchanged",
       [](MemorySource& m) {
         for (const char* suffix : {"", "_scale"})
           std::swap(m.bytes(kExpert + "gate_proj.weight" + suffix), m.bytes(kExpert + "up_proj.weight" + suffix));
       },
       {"I6", "I7"}},
  };
}

}  // namespace

TEST_CASE("the untouched checkpoint passes with and without its source") {
  const Models models;
  const AuditReport report = audit_checkpoint(*models.fp8, models.bf16.get(), {});
  CHECK(shown(failed(report)) == "[]");
  CHECK(report.passed());
  CHECK(report.derivations.size() == 2);
  CHECK(report.derivations.at(Derivation::kCopied) + report.derivations.at(Derivation::kRederived) == report.tensors);
  CHECK(audit_checkpoint(*models.fp8, nullptr, {}).passed());
  REQUIRE(report.checks.size() == 23);
  for (const CheckResult& check : report.checks) {
    INFO(check.id);
    if (check.id == "S10" || check.id == "I10") {
      CHECK(check.status == CheckStatus::kNotRun);  // not a folder; not asked for
    } else if (check.id == "I9") {
      CHECK(check.status == CheckStatus::kReported);
    } else {
      CHECK(check.status == CheckStatus::kPass);
      CHECK(check.checked > 0);
    }
  }
}

TEST_CASE("quantized() of a source passes the audit against it") {
  const auto source = open_source("synth:tiny-moe?seed=1");
  CHECK(audit_checkpoint(*quantized(source), source.get(), {}).verdict.starts_with("PASS"));
}

TEST_CASE("each check fails by its fault, and nothing else but what that implies") {
  const Models models;
  std::set<std::string> proven;
  for (const Mutation& mutation : mutations()) {
    const auto broken = models.fp8->copy();
    mutation.apply(*broken);
    INFO(mutation.check << ": " << mutation.what);
    const AuditReport report = audit_checkpoint(*broken, models.bf16.get(), {});
    CHECK_FALSE(report.passed());
    Ids must = mutation.also;
    must.insert(mutation.check);
    check_failures(failed(report), must, mutation.may);
    for (const CheckResult& check : report.checks) {
      if (check.status != CheckStatus::kFail) continue;
      CHECK(check.failures > 0);
      CHECK_FALSE(check.findings.empty());
    }
    proven.insert(mutation.check);
  }
  for (const CheckResult& check : audit_checkpoint(*models.fp8, nullptr, {}).checks)
    if (check.id != "S10" && check.id != "I9" && check.id != "I10") CHECK(proven.contains(check.id));
}

namespace {
std::shared_ptr<MemorySource> with_ignore_list(const MemorySource& model, const std::string& list) {
  const auto changed = model.copy();
  std::string& config = changed->config();
  const size_t begin = config.find('[', config.find("\"ignore\""));
  config.replace(begin, config.find(']', begin) + 1 - begin, list);
  return changed;
}
}  // namespace

TEST_CASE("a list that lost its entry for the router is seen with and without the source") {
  const Models models;
  // Without the norms' entry, the list cannot even be applied to the source: a plan by another must not excuse it.
  for (const char* list : {R"(["lm_head", "re:.*embed.*"])", R"(["re:.*embed.*", "re:.*vision_tower.*"])",
                           R"(["re:.*embed.*", "re:.*vision_tower.*", "re:.*norm.*"])"}) {
    INFO(list);
    const auto cut = with_ignore_list(*models.fp8, list);
    const AuditReport report = audit_checkpoint(*cut, models.bf16.get(), {});
    CHECK(shown(failed(report)) == "[S1 S2]");  // no scale of the router, and the router itself
    CHECK(report.derivations.at(Derivation::kUnexplained) >= 2);
    const AuditReport alone = audit_checkpoint(*cut, nullptr, {});
    CHECK(shown(failed(alone)) == "[S2]");
    CHECK_THAT(fmt::format("{}", fmt::join(alone.checks[1].findings, "\n")),
               Catch::Contains("router.proj.weight: expected F8_E4M3, found BF16"));
  }
}

TEST_CASE("a list of resolved modules need not name the 1-D norms") {
  const Models models;
  const auto resolved = with_ignore_list(
      *models.fp8, R"(["model.language_model.embed_tokens", "model.language_model.layers.0.router.proj",
    "model.language_model.layers.1.router.proj", "model.vision_tower.encoder.layers.0.mlp.up_proj.linear"])");
  const AuditReport report = audit_checkpoint(*resolved, models.bf16.get(), {});
  CHECK(shown(failed(report)) == "[]");
  CHECK(report.passed());
  CHECK_THAT(report.checks[0].findings.at(0), Catch::Contains("linear layers only"));
  CHECK(audit_checkpoint(*resolved, nullptr, {}).passed());
}

TEST_CASE("where no plan by its own list exists, the list still says what must be F8") {
  const Models models;
  const std::string router = kLayer + "router.proj.weight";
  const auto source = models.bf16->copy(), fp8 = models.fp8->copy();
  for (const auto& model : {source, fp8}) retype(*model, router, DType::kF32);  // not quantizable at all
  CHECK(audit_checkpoint(*fp8, source.get(), {}).passed());
  const auto cut = with_ignore_list(*fp8, R"(["lm_head", "re:.*embed.*"])");
  const AuditReport report = audit_checkpoint(*cut, source.get(), {});
  CHECK(shown(failed(report)) == "[S2]");
  CHECK_THAT(report.checks[0].findings.at(0), Catch::Contains("compared with the default one"));
}

TEST_CASE("S10 fails by the files of a folder alone") {
  const Models models;
  const TemporaryFolder folder;
  const std::string index = "out/model.safetensors.index.json";
  quantize_checkpoint(models.bf16, folder / "out", {});
  const auto opened = open_source((folder / "out").string());  // what follows damages the folder behind its back
  CHECK(shown(failed(audit_checkpoint(*opened, models.bf16.get(), {}))) == "[]");
  const std::string text = read_text_file(folder / index);
  const auto failures_with = [&](const std::string& from, const std::string& to) {
    std::string edited = text;
    edited.replace(edited.find(from), from.size(), to);
    write_file_atomically(folder / index, edited);
    return shown(failed(audit_checkpoint(*opened, models.bf16.get(), {})));
  };
  CHECK(failures_with("\"total_size\": ", "\"total_size\": 1") == "[S10]");
  CHECK(failures_with("layers.0.layer_scalar", "layers.0.layer_scaler") == "[S10]");
  CHECK(failures_with("\"model.safetensors\"", "\"other.safetensors\"") == "[S10]");
  CHECK(failures_with("weight_map", "weight_mop") == "[S10]");
  CHECK(failures_with("{", "[") == "[S10]");
  fs::remove(folder / index);
  CHECK(shown(failed(audit_checkpoint(*opened, models.bf16.get(), {}))) == "[S10]");
  write_file_atomically(folder / index, text);
  fs::copy_file(folder / "out/model.safetensors", folder / "out/orphan.safetensors");
  CHECK(shown(failed(audit_checkpoint(*opened, models.bf16.get(), {}))) == "[S10]");
}

TEST_CASE("I10 lists the sha256 of every tensor when asked") {
  const Models models;
  const AuditReport report = audit_checkpoint(*models.fp8, nullptr, {.hash_tensors = true});
  CHECK(report.manifest.size() == static_cast<size_t>(report.tensors));
  CHECK(report.manifest[0].sha256.size() == 64);
}

TEST_CASE("derivations are named, and pass only when allowed") {
  const Models models;
  const auto direct = std::make_shared<MemorySource>(*faulty(models.fp8, "no-bf16-quotient", models.bf16));
  AuditReport report = audit_checkpoint(*direct, models.bf16.get(), {});
  CHECK(report.derivations.at(Derivation::kDirectF32) > 0);
  CHECK_FALSE(report.derivations.contains(Derivation::kUnexplained));
  CHECK_FALSE(report.passed());
  AuditOptions allow;
  allow.allowed.insert(Derivation::kDirectF32);
  CHECK(audit_checkpoint(*direct, models.bf16.get(), allow).passed());

  const auto nudged = models.fp8->copy();
  nudged->halves(kLayer + "input_layernorm.weight")[0] ^= 1;
  report = audit_checkpoint(*nudged, models.bf16.get(), {});
  CHECK(report.derivations.at(Derivation::kWithinUlp) == 1);
  REQUIRE(report.unexplained.size() == 1);
  CHECK_THAT(report.unexplained[0], Catch::Contains("input_layernorm.weight: within-ulp: row 0, column 0"));
  allow.allowed.insert(Derivation::kWithinUlp);
  CHECK(audit_checkpoint(*nudged, models.bf16.get(), allow).passed());
}

TEST_CASE("coverage counts parameters and bytes by class and type") {
  const Models models;
  const AuditReport report = audit_checkpoint(*models.fp8, nullptr, {});
  const Coverage& experts = report.coverage.at(TensorClass::kExpert);
  CHECK(experts.parameters_by_dtype.at("F8_E4M3") == 2 * 4 * (24 * 16 + 16 * 12));
  CHECK(experts.bytes_by_dtype.at("BF16 scale") == 2 * 4 * (24 + 16) * 2);
  CHECK(report.coverage.at(TensorClass::kRouter).parameters_by_dtype.at("BF16") == 2 * (4 * 16 + 4));
  CHECK(report.fp8_parameters == report.fp8_bytes);
}

TEST_CASE("goldens pass the audit against their originals") {
  for (const char* name : {"tiny-moe", "tiny-dense", "tiny-llama", "tiny-gemma3", "tiny-qwen3moe"}) {
    const fs::path golden = data_path(std::string("goldens/") + name);
    if (golden.empty()) FP8BENCH_SKIP("set FP8BENCH_DATA to the folder that has goldens/tiny-moe");
    const auto fp8 = open_source((golden / "fp8").string()), bf16 = open_source((golden / "bf16").string());
    INFO(name);
    CHECK(audit_checkpoint(*fp8, bf16.get(), {}).verdict.starts_with("PASS"));
    CHECK(audit_checkpoint(*fp8, nullptr, {}).verdict.starts_with("PASS"));
    CHECK(audit_checkpoint(*quantized(bf16), bf16.get(), {}).passed());
  }
}

TEST_CASE("fp8-corners: every tensor is explained, without the source its subnormal row looks unsound") {
  const fs::path golden = source_path("tests/goldens/fp8-corners");
  const auto fp8 = open_source((golden / "fp8").string()), bf16 = open_source((golden / "bf16").string());
  const AuditReport with = audit_checkpoint(*fp8, bf16.get(), {});
  CHECK(with.derivations_allowed);
  CHECK(shown(failed(with)) == "[S11 S6]");  // it holds lm_head twice on purpose
  CHECK(shown(failed(audit_checkpoint(*fp8, nullptr, {}))) == "[I2 I3 S11 S6]");
}
