// Which experts the tokens of a case take, and how uneven that is.
//   uniform   every token draws top_k different experts, all equally likely
//   zipf      expert of rank r is drawn with weight 1/r (seeded ranks), without replacement in a token
//   recorded  choices of the bundled checkpoint's routers over its held-out passages, consecutive tokens. It has fewer
//             experts than a large model: each of its experts stands for a group of equal size, a token's picks are
//             spread over the groups that it chose, and inside a group the choice is uniform. Skew between groups and
//             the resemblance of neighbouring tokens are real, skew inside a group is not: the true load is more
//             uneven.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace fp8bench {

// (tokens, top_k), different experts in a token, ascending. Throws InputError where `recorded` cannot be mapped.
std::vector<int32_t> make_routing(std::string_view kind, int64_t tokens, int64_t experts, int64_t top_k, uint64_t seed);

// Rows (token, rank) sorted by expert, stable.
struct RoutedRows {
  std::vector<int64_t> token;    // (tokens * top_k) token of each sorted row
  std::vector<int64_t> offsets;  // experts + 1
  RoutedRows() = default;
  RoutedRows(const std::vector<int32_t>& index, int64_t experts, int64_t top_k);
  int64_t rows() const { return static_cast<int64_t>(token.size()); }
  int64_t expert_of(int64_t row) const;
  int64_t experts_hit() const;
  double max_over_mean() const;  // largest load over the mean of all experts
};

// How many different experts the routings take together.
int64_t experts_hit_by_any(const std::vector<RoutedRows>& routings);

// Means over several routings, for the record: {"experts_hit": ..., "load_max_over_mean": ...}.
nlohmann::json routing_facts(const std::vector<RoutedRows>& routings);

}  // namespace fp8bench
