// Catch2's main, compiled once: it costs more to build than most tests.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

namespace fp8bench::test {
namespace {

bool g_failed = false;

struct Failures : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo&) override { g_failed = false; }
  bool assertionEnded(const Catch::AssertionStats& stats) override {
    if (!stats.assertionResult.isOk()) g_failed = true;
    return false;
  }
};

CATCH_REGISTER_LISTENER(Failures)

}  // namespace

bool this_test_failed() { return g_failed; }  // declared in test_data.h

}  // namespace fp8bench::test
