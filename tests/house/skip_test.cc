// A skip must not hide what failed before it: the runner takes the word for the result.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;

TEST_CASE("injected: a skip", "[.injected]") { FP8BENCH_SKIP("on purpose"); }

TEST_CASE("injected: a failure and a skip", "[.injected]") {
  CHECK(1 == 2);
  FP8BENCH_SKIP("on purpose");
}

TEST_CASE("a failed check before a skip is a failure") {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string word = std::string("SKIPPED") + ": on purpose";
  const Outcome skipped = run_shell("'" + self + "' 'injected: a skip'");
  CHECK(skipped.code == 0);
  CHECK(skipped.out.find(word) != std::string::npos);
  const Outcome failed = run_shell("'" + self + "' 'injected: a failure and a skip'");
  CHECK(failed.code != 0);
  CHECK(failed.out.find(word) == std::string::npos);
}
