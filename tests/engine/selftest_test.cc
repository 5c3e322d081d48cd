// The self-test passes on the bundled checkpoint, and an engine that is wrong does not.
#include "harness/engine/selftest.h"

#include <algorithm>

#include "harness/checkpoint/faults.h"
#include "harness/engine/bundled.h"
#include "kernels/native_gemm/native_gemm.h"
#include "tests/engine/models.h"

namespace fp8bench::test {

TEST_CASE("the bundled checkpoint has its recorded hashes, and no faulty engine has them") {
  const SelfTestReport sound = selftest_canonical(bundled_path());
  for (const SelfTestItem& item : sound.items) {
    INFO(item.name << ": " << item.detail);
    CHECK(item.passed);
  }
  for (const Fault& fault : faults()) {
    if (fault.kind != FaultKind::kEngine) continue;
    INFO(fault.name);
    CHECK_FALSE(selftest_canonical(bundled_path(), engine_fault(fault.name)).passed());
  }
}

TEST_CASE("every kernel is within its tolerance at the shapes of every tiny model") {
  for (const NamedModel& named : tiny_models()) {
    const SelfTestReport report = selftest_kernels(named.model, 1, 64, Policy::kNative);
    CHECK(report.items.size() > 10);
    const auto on_unit = [](const SelfTestItem& item) {
      return item.name.ends_with(" on " + std::string(native_unit()));
    };
    CHECK(std::any_of(report.items.begin(), report.items.end(), on_unit) == !native_unit().empty());
    for (const SelfTestItem& item : report.items) {
      INFO(named.name << ", " << item.name << ": " << item.detail);
      CHECK(item.passed);
    }
  }
}

}  // namespace fp8bench::test
