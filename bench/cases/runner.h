// Runs cases inside Google Benchmark: every contender of every case is a benchmark "suite/op/axis:value/.../contender"
// of one iteration, whose manual time is the median of a settled, verified measurement (harness/measure/verified.h).
// The contenders of a case are measured together, interleaved, when the first of them is asked for; a repetition
// measures afresh. So --benchmark_filter, _repetitions, _format, _out and compare.py work, and the statistics are ours.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/cases/cases.h"

namespace fp8bench {

struct RunnerOptions {
  std::string suite;     // first word of the names
  std::string filter;    // regular expression over the names; empty: all
  double seconds = 0.0;  // sampling of one case, all its contenders together; 0: chosen by their number
  std::vector<std::string> benchmark_flags;  // --benchmark_...; _min_time sets `seconds` too
  std::string command_prefix;  // of a repro line: "fp8bench --suite dense --seed 1 --threads 2 --isa avx2"
  std::string fault;           // of kRowFaults, injected into every contender but the first; empty: none
  uint64_t seed = 1;
  bool quiet = false;
  ModelPool* models = nullptr;  // for operations of whole checkpoints
};

// Deliberate errors of a contender, each of which must cost the row its time: "skips-work" computes nothing,
// "skips-later" computes until it has been looked at and then returns at once.
inline constexpr const char* kRowFaults[] = {"skips-work", "skips-later"};

// One measurement of one case.
struct CaseRow {
  CaseSpec spec;
  nlohmann::json facts;
  std::vector<std::pair<std::string, std::string>> absent;
  VerifiedRow row;
  nlohmann::json measured;  // beside the times: energy
  int repetition = 0;
  std::string repro;  // a command that measures this case again
};

struct RunResult {
  std::vector<CaseRow> rows;
  Ceilings ceilings;
  bool recalibrated = false;
  bool wrong = false, too_fast = false;
  bool only_listed = false;  // --benchmark_list_tests
  bool printed = false;      // --benchmark_format: Google Benchmark wrote to stdout, nothing else may
  double seconds = 0.0;
};

// Throws InputError for a filter that matches nothing and for unknown benchmark flags.
RunResult run_cases(const std::vector<CaseSpec>& cases, const RunnerOptions& options, const Environment& environment);

// One measurement without Google Benchmark. `recalibrate` as in measure_verified.
CaseRow measure_case(const CaseSpec& spec, const CaseContext& context, double seconds,
                     const std::function<Ceilings()>& recalibrate, const std::string& fault = {});

}  // namespace fp8bench
