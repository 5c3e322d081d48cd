// Tables of the end-to-end suite: tokens a second as llama-bench prints them, and how far numeric policies are apart.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/cases/model_pool.h"
#include "bench/cases/runner.h"
#include "harness/report/record.h"
#include "harness/report/table.h"

namespace fp8bench {

// Load times and weight bytes into record.run["engine"].
void add_engine_figures(Record& record, ModelPool& models, const RunResult& result);
// KLD of every policy against the first, each checkpoint against itself, over seeded sequences.
nlohmann::json policy_distances(ModelPool& models, const std::vector<std::string>& policies, uint64_t seed);

// Of the record's `run`.
Table engine_table(const nlohmann::json& run);
Table policy_table(const nlohmann::json& run);
std::string engine_notes(const nlohmann::json& run);

}  // namespace fp8bench
