// shape=MODEL/PART: the sizes of one layer of a published model, from the same table that synthetic checkpoints use.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fp8bench {

bool has_named_shapes(std::string_view op);
// Axes of `op` with their values. Throws InputError that says which models and parts there are.
std::vector<std::pair<std::string, int64_t>> named_shape(std::string_view op, const std::string& shape);
// "gemm gemma-4-26b-a4b/sliding.q n=4096 k=2816" ...: every shape there is.
std::vector<std::pair<std::string, std::string>> list_named_shapes();

}  // namespace fp8bench
