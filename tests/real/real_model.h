// Real models, where FP8BENCH_REAL names the folder that has them (README.md says how it is made).
#pragma once
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/io/sha256.h"
#include "tests/house/program.h"
#include "tests/test_data.h"

namespace fp8bench::test {

// Empty where it is not there.
inline std::filesystem::path real_model(const std::string& name) {
  const char* root = std::getenv("FP8BENCH_REAL");
  if (root == nullptr || *root == '\0') return {};
  const std::filesystem::path path = std::filesystem::path(root) / name;
  return std::filesystem::exists(path / "model.safetensors") ? path : std::filesystem::path{};
}

// The most documents of a task, or windows of a text: FP8BENCH_REAL_LIMIT, else what keeps all of `ctest -L real`
// within five minutes on two cores; never more than a golden has.
inline int64_t real_limit(int64_t golden, int64_t usual) {
  const char* asked = std::getenv("FP8BENCH_REAL_LIMIT");
  const int64_t limit = asked != nullptr && std::atoll(asked) > 0 ? std::atoll(asked) : usual;
  return std::min(golden, limit);
}

inline nlohmann::json read_json(const std::filesystem::path& file) { return nlohmann::json::parse(read_file(file)); }
inline nlohmann::json real_golden(const std::string& name) {
  return read_json(source_path("tests/real/goldens/" + name));
}

inline std::vector<nlohmann::json> json_lines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> out;
  for (const std::string& line : lines_of(read_file(file))) out.push_back(nlohmann::json::parse(line));
  return out;
}

// Of the checkpoint's weights, to be compared with the golden's before anything else: other weights under the same
// name would fail everywhere and say nothing.
inline std::string weights_hash(const std::filesystem::path& folder) {
  return sha256_file(folder / "model.safetensors");
}

inline std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

}  // namespace fp8bench::test

#define FP8BENCH_REQUIRE_MODEL(variable, name)                             \
  const std::filesystem::path variable = fp8bench::test::real_model(name); \
  if (variable.empty()) FP8BENCH_SKIP("set FP8BENCH_REAL to the folder that has " name)
