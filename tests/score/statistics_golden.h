// Golden statistics of scipy, statsmodels and exact arithmetic: FP8BENCH_DATA/goldens/text_and_stats/statistics.json.
#pragma once
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/test_data.h"

// A macro, because the skip message joins it as a literal.
#define FP8BENCH_STATISTICS "goldens/text_and_stats/statistics.json"

namespace fp8bench::test {

inline nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

// One section's cases, by value: a loop over a part of a temporary would outlive it.
inline nlohmann::json golden_cases(const std::filesystem::path& path, const char* section) {
  return read_json(path).at(section).at("cases");
}

// The goldens write non-finite numbers as strings.
inline double golden_number(const nlohmann::json& value) {
  if (value.is_null()) return std::nan("");
  if (value.is_string()) return std::stod(value.get<std::string>());
  return value.get<double>();
}

inline bool near_relative(double found, double wanted, double relative, double absolute) {
  if (found == wanted) return true;
  return std::fabs(found - wanted) <= std::max(relative * std::fabs(wanted), absolute);
}

}  // namespace fp8bench::test
