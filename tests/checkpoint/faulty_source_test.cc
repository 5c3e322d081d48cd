// Fault x detector: what the audit says to every checkpoint fault of the table, with the source and without it.
#include "harness/checkpoint/faulty_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "harness/checkpoint/audit.h"
#include "harness/checkpoint/faults.h"
#include "harness/io/error.h"
#include "kernels/bf16.h"
#include "tests/checkpoint/memory_source.h"
#include "tests/checkpoint/miniature.h"

using namespace fp8bench;
using namespace fp8bench::test;

namespace {

struct Detectors {
  std::set<std::string> with_source;  // checks that must fail with the source
  std::set<std::string> may;          // and that may, by the values
  std::set<std::string>
      without_source;  // checks that must fail without it; empty: the fault cannot be seen without the source
};

// Without the source only what no quantizer produces can be seen: a scale times 2, exchanged tensors or another
// rounding are all sound checkpoints of other weights. I5 sees 14 of 128 mantissas, so most edits of many scales, few
// edits of one.
const std::map<std::string, Detectors> kDetectors = {
    {"expert-scale-x1.03", {{"I5", "I6"}, {"I7"}, {"I5"}}},
    {"expert-scale-x2", {{"I6", "I7"}, {}, {}}},
    {"cold-expert-scale-x2", {{"I6", "I7"}, {}, {}}},
    {"experts-swapped", {{"I6", "I7"}, {}, {}}},
    {"gate-up-swapped", {{"I6", "I7", "I8"}, {}, {}}},
    {"per-tensor-scales", {{"I3", "I6"}, {"I4", "I7"}, {"I3"}}},
    {"scales-rotated", {{"I6"}, {"I4", "I7"}, {}}},
    {"scale-off-by-one", {{"I6"}, {"I5", "I7"}, {}}},
    {"code-flipped", {{"I6"}, {"I7"}, {}}},
    {"router-fp8", {{"S1", "S2", "S6", "S13"}, {}, {"S2", "S6"}}},
    {"norm-quantized", {{"S1", "S2", "S3", "S6", "S13"}, {}, {"S2", "S3", "S6"}}},
    {"expert-zeroed", {{"I4", "I6", "I7"}, {}, {"I4"}}},
    {"experts-bf16-3d", {{"S1", "S7", "S8"}, {"S2"}, {"S7", "S8"}}},
    {"no-bf16-quotient", {{"I6"}, {"I3", "I7"}, {}}},
};

std::set<std::string> failed(const AuditReport& report) {
  std::set<std::string> ids;
  for (const CheckResult& check : report.checks)
    if (check.status == CheckStatus::kFail) ids.insert(check.id);
  return ids;
}

std::string shown(const std::set<std::string>& ids) { return fmt::format("[{}]", fmt::join(ids, " ")); }

}  // namespace

TEST_CASE("the audit flags every checkpoint fault, by the detectors that it should") {
  const auto bf16 = open_source("synth:tiny-moe?seed=1");
  const auto fp8 = quantized(bf16);
  for (const Fault& fault : faults()) {
    if (fault.kind != FaultKind::kCheckpoint) continue;
    const auto expected = kDetectors.find(std::string(fault.name));
    REQUIRE(expected != kDetectors.end());
    const auto broken = faulty(fp8, expected->first, bf16);
    const AuditReport report = audit_checkpoint(*broken, bf16.get(), {});
    const std::set<std::string> with = failed(report), without = failed(audit_checkpoint(*broken, nullptr, {}));
    INFO(fault.name << ": with the source " << shown(with) << ", without " << shown(without));
    CHECK_FALSE(report.passed());
    for (const std::string& id : expected->second.with_source) CHECK(with.contains(id));
    for (const std::string& id : with)
      CHECK((expected->second.with_source.contains(id) || expected->second.may.contains(id)));
    for (const std::string& id : expected->second.without_source) CHECK(without.contains(id));
    for (const std::string& id : without)
      CHECK((expected->second.without_source.contains(id) || expected->second.may.contains(id)));
    CHECK(broken->description().starts_with("faulty:" + expected->first));
  }
  CHECK(kDetectors.size() == 14);
}

TEST_CASE("faults that edit values read the same whole, row by row and out of order") {
  const auto bf16 = open_source("synth:tiny-moe?seed=1");
  const auto fp8 = quantized(bf16);
  for (const auto& [name, detectors] : kDetectors) {
    const auto broken = faulty(fp8, name, bf16);
    INFO(name);
    bool differs = broken->tensors().size() != fp8->tensors().size();
    for (const TensorInfo& tensor : broken->tensors()) {
      const std::vector<std::byte> whole = broken->read(tensor);
      const TensorInfo* before = fp8->find(tensor.name);
      differs = differs || before == nullptr || whole != fp8->read(*before);
      const auto row_bytes = static_cast<size_t>(tensor.row_bytes());
      std::vector<std::byte> row(row_bytes);
      for (int64_t r = tensor.rows() - 1; r >= 0; r -= 7) {
        broken->read_rows(tensor, r, r + 1, row);
        if (!std::equal(row.begin(), row.end(), whole.begin() + r * static_cast<int64_t>(row_bytes)))
          FAIL_CHECK(tensor.name << " row " << r);
      }
    }
    CHECK(differs);
  }
}

TEST_CASE("a fault goes where it is told") {
  const auto bf16 = bf16_model();
  const auto fp8 = quantized(bf16);
  const auto changed = [&](const std::string& fault, const FaultTarget& target) {
    const auto broken = faulty(fp8, fault, bf16, target);
    std::set<std::string> names;
    for (const TensorInfo& tensor : broken->tensors())
      if (const TensorInfo* before = fp8->find(tensor.name);
          before == nullptr || broken->read(tensor) != fp8->read(*before))
        names.insert(tensor.name);
    return names;
  };
  const std::string layer0 = "model.language_model.layers.0.", layer1 = "model.language_model.layers.1.";
  CHECK(changed("expert-scale-x2", {.layer = 0, .expert = 2}) ==
        std::set<std::string>{layer0 + "experts.2.down_proj.weight_scale", layer0 + "experts.2.gate_proj.weight_scale",
                              layer0 + "experts.2.up_proj.weight_scale"});
  CHECK(changed("cold-expert-scale-x2", {.layer = 1, .cold_expert = 0})
            .contains(layer1 + "experts.0.up_proj.weight_scale"));
  CHECK(changed("cold-expert-scale-x2", {})
            .contains(layer1 + "experts.3.up_proj.weight_scale"));  // defaults: middle layer, last expert
  CHECK(changed("scale-off-by-one", {}) == std::set<std::string>{layer1 + "experts.1.gate_proj.weight_scale"});
  CHECK(changed("code-flipped", {.layer = 0}) == std::set<std::string>{layer0 + "experts.1.gate_proj.weight"});
  CHECK(changed("router-fp8", {.layer = 0}) ==
        std::set<std::string>{layer0 + "router.proj.weight", layer0 + "router.proj.weight_scale"});
  CHECK(changed("experts-swapped", {.layer = 0, .expert = 3})
            .contains(layer0 + "experts.0.gate_proj.weight"));  // the next one, cyclic
}

TEST_CASE("experts left in 3-D hold the original rows") {
  const auto bf16 = bf16_model();
  const auto broken = faulty(quantized(bf16), "experts-bf16-3d", bf16);
  for (const char* name :
       {"model.language_model.layers.1.experts.gate_up_proj", "model.language_model.layers.0.experts.down_proj"}) {
    CHECK(broken->at(name).shape == bf16->at(name).shape);
    CHECK(broken->read(broken->at(name)) == bf16->read(bf16->at(name)));
  }
  CHECK(broken->find("model.language_model.layers.0.experts.0.up_proj.weight") == nullptr);
}

TEST_CASE("what cannot be injected is refused with the reason") {
  const auto bf16 = bf16_model();
  const auto fp8 = quantized(bf16);
  CHECK_THROWS_WITH(faulty(fp8, "nonsense"), Catch::Contains("unknown"));
  CHECK_THROWS_WITH(faulty(fp8, "window-off-by-one"), Catch::Contains("engine fault"));
  CHECK_THROWS_WITH(faulty(fp8, "no-bf16-quotient"), Catch::Contains("BF16 original"));
  CHECK_THROWS_WITH(faulty(bf16, "expert-scale-x2", bf16), Catch::Contains("expert-scale-x2"));
  CHECK_THROWS_AS(faulty(fp8, "expert-scale-x2", bf16, {.expert = 4}), InputError);
  CHECK_THROWS_AS(faulty(fp8, "expert-scale-x2", bf16, {.layer = 2}), InputError);
}
