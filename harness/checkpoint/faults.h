// The visible table of faults. A detector that has never failed proves nothing: each fault is injected in tests and by
// `fp8bench --suite moe --fault NAME`, and must turn the verdict.
#pragma once
#include <span>
#include <string_view>

namespace fp8bench {

enum class FaultKind { kCheckpoint, kEngine };

struct Fault {
  std::string_view name;  // as on the command line
  FaultKind kind;
  std::string_view what;    // one line
  std::string_view origin;  // the incident or paper that it comes from
  // Sizes at which `--suite faults` tries it, ascending, and their unit; empty: it is there or it is not.
  std::span<const double> sizes = {};
  std::string_view unit = {};
};

std::span<const Fault> faults();
const Fault* find_fault(std::string_view name);  // null if unknown

}  // namespace fp8bench
