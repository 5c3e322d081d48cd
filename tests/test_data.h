// Where tests find files. Goldens that a test always needs are committed under tests/; public data sets and the large
// goldens live outside the repository and are named by FP8BENCH_DATA.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace fp8bench::test {

inline std::filesystem::path source_path(const std::string& relative) {
  return std::filesystem::path(FP8BENCH_SOURCE_DIR) / relative;
}

// Empty when FP8BENCH_DATA is not set or lacks the file.
inline std::filesystem::path data_path(const std::string& relative) {
  const char* root = std::getenv("FP8BENCH_DATA");
  if (root == nullptr || *root == '\0') return {};
  std::filesystem::path path = std::filesystem::path(root) / relative;
  return std::filesystem::exists(path) ? path : std::filesystem::path{};
}

// Whether an assertion of the test that runs has failed (tests/test_main.cc).
bool this_test_failed();

}  // namespace fp8bench::test

// Ends the test as skipped (the runner looks for the word), with the reason. The runner believes the word whatever the
// test's exit code says, so a test that has failed already does not say it.
#define FP8BENCH_SKIP(reason)                                                      \
  do {                                                                             \
    if (!fp8bench::test::this_test_failed()) std::printf("SKIPPED: %s\n", reason); \
    return;                                                                        \
  } while (false)

// A path below FP8BENCH_DATA, or the test is skipped visibly.
#define FP8BENCH_REQUIRE_DATA(variable, relative)                             \
  const std::filesystem::path variable = fp8bench::test::data_path(relative); \
  if (variable.empty()) FP8BENCH_SKIP("set FP8BENCH_DATA to the folder that has " relative)
