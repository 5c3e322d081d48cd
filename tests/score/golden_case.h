// One case of a golden section, field by field: a test that forgets a field fails, so that none is skipped unseen.
#pragma once
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "harness/score/percentile.h"
#include "tests/score/statistics_golden.h"

namespace fp8bench::test {

class GoldenCase {
 public:
  explicit GoldenCase(const nlohmann::json& fields) : fields_(fields) {}

  bool has(const std::string& key) const { return fields_.contains(key); }
  const nlohmann::json& at(const std::string& key) {
    seen_.insert(key);
    return fields_.at(key);
  }
  double number(const std::string& key) { return golden_number(at(key)); }
  int64_t integer(const std::string& key) { return at(key).get<int64_t>(); }
  std::vector<double> numbers(const std::string& key) {
    std::vector<double> out;
    for (const auto& one : at(key)) out.push_back(golden_number(one));
    return out;
  }

  void check(const std::string& key, double found, double relative = 1e-10, double absolute = 0) {
    INFO(key << ": found " << found << ", wanted " << at(key).dump());
    CHECK(near_relative(found, number(key), relative, absolute));
  }
  // A probability: below the range where relative comparison means anything, its logarithm is compared elsewhere.
  void check_p(const std::string& key, double found) {
    if (number(key) >= 1e-300) check(key, found);
  }
  void check(const std::string& key, const Bounds& found) {
    INFO(key << ": found " << found.low << " " << found.high << ", wanted " << at(key).dump());
    CHECK(near_relative(found.low, golden_number(at(key)[0]), 1e-10, 1e-12));
    CHECK(near_relative(found.high, golden_number(at(key)[1]), 1e-10, 1e-12));
  }
  void check(const std::string& key, const std::vector<double>& found, double relative = 1e-10, double absolute = 0) {
    INFO(key << ": wanted " << at(key).dump());
    REQUIRE(found.size() == at(key).size());
    for (size_t i = 0; i < found.size(); ++i)
      CHECK(near_relative(found[i], golden_number(at(key)[i]), relative, absolute));
  }
  // Figures of a simulation, or of another program, that the golden itself compared already.
  void ignore(const std::string& key) { seen_.insert(key); }

  void check_all_read() const {
    for (const auto& [key, value] : fields_.items()) {
      INFO("field " << key << " of " << fields_.dump().substr(0, 200));
      CHECK(seen_.count(key) == 1);
    }
  }

 private:
  const nlohmann::json& fields_;
  std::set<std::string> seen_;
};

}  // namespace fp8bench::test
