// The state of the machine that decides what a time is worth: pinning, clocks, neighbours. Read from /proc and /sys;
// what cannot be read is "n/a", never guessed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace fp8bench {

struct HostState {
  std::string pinned;          // "2 of 8 processors" that this process may use, or "no"
  std::string governor;        // of the first processor's clock: "performance", "schedutil" ...
  std::string turbo;           // "on", "off"
  std::string smt;             // hardware threads a core: "1", "2"
  std::string numa_nodes;      // "1", "2" ...
  std::string virtualization;  // "none", or "virtual machine" with what it says of itself
  std::string load_average;    // of the last minute, when read
};

// `root` is "/" but in tests.
HostState read_host_state(const std::filesystem::path& root = "/");

// Processor time since the machine started, in ticks; `steal` is what the hypervisor gave to somebody else while a
// thread here wanted to run.
struct ProcessorTimes {
  int64_t steal = 0, total = 0;
};
std::optional<ProcessorTimes> read_processor_times(const std::filesystem::path& root = "/");
// Share of the time between two readings that was stolen; nothing where either is missing or no time has passed.
std::optional<double> steal_share(const std::optional<ProcessorTimes>& before,
                                  const std::optional<ProcessorTimes>& after);

// Data or unified cache of a level, as the first processor sees it; zeros where unknown. (sysconf's figure for L3 is
// that of the whole chip on AMD, in a virtual machine as well; a thread's data finds only its own core complex's.)
struct DataCache {
  int64_t bytes = 0;
  int64_t processors = 0;  // that share it
};
DataCache read_data_cache(int level, const std::filesystem::path& root = "/");

}  // namespace fp8bench
