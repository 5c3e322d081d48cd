// Measured rows as a record, and a record as a table. Printers read records only, so that what was measured last year
// prints like what was measured now.
#pragma once
#include <string>

#include "bench/cases/runner.h"
#include "harness/report/record.h"
#include "harness/report/table.h"

namespace fp8bench {

// `content` holds what the same cases must reproduce bit for bit (checks of the canonical contenders, routing), `run`
// the times with their samples, statuses and repro lines.
Record case_record(const std::string& suite, const RunResult& result, const Environment& environment, uint64_t seed,
                   const std::string& command);

// Of such a record's `run`. Throws nlohmann::json::exception where it is none.
Table case_table(const nlohmann::json& run);
// What the table cannot hold: the machine, its ceilings, rows that have no time with their repro lines.
std::string case_notes(const nlohmann::json& run);

}  // namespace fp8bench
