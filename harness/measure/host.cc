#include "harness/measure/host.h"

#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace fp8bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnknown = "n/a";
constexpr const char* kProcessors = "sys/devices/system/cpu";

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return "";
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
  return line;
}

std::string or_unknown(const std::string& text) { return text.empty() ? kUnknown : text; }

// "0-3,8" -> 5; 0 for what is no such list.
int64_t count_of_list(const std::string& list) {
  int64_t count = 0;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) {
    int64_t first = 0, last = 0;
    const char* end = part.data() + part.size();
    auto [at, error] = std::from_chars(part.data(), end, first);
    if (error != std::errc()) return 0;
    last = first;
    if (at != end && *at == '-') std::from_chars(at + 1, end, last);
    count += last - first + 1;
  }
  return count;
}

std::string count_text(const std::string& list) {
  const int64_t count = count_of_list(list);
  return count > 0 ? fmt::format("{}", count) : kUnknown;
}

std::string pinned() {
  cpu_set_t set;
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0 || online <= 0) return kUnknown;
  return CPU_COUNT(&set) < online ? fmt::format("{} of {} processors", CPU_COUNT(&set), online) : "no";
}

std::string turbo(const fs::path& processors) {
  // intel_pstate says what it forbids, the others what they allow.
  const std::string no_turbo = first_line(processors / "intel_pstate/no_turbo");
  if (!no_turbo.empty()) return no_turbo == "0" ? "on" : "off";
  const std::string boost = first_line(processors / "cpufreq/boost");
  if (!boost.empty()) return boost == "0" ? "off" : "on";
  return kUnknown;
}

std::string virtualization(const fs::path& root) {
  std::ifstream in(root / "proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    if ((line + " ").find(" hypervisor ") == std::string::npos) return "none";
    std::string name = first_line(root / "sys/hypervisor/type");
    if (name.empty()) name = first_line(root / "sys/class/dmi/id/sys_vendor");
    return name.empty() ? "virtual machine" : fmt::format("virtual machine ({})", name);
  }
  return kUnknown;
}

}  // namespace

HostState read_host_state(const fs::path& root) {
  const fs::path processors = root / kProcessors;
  HostState state;
  state.pinned = pinned();
  state.governor = or_unknown(first_line(processors / "cpu0/cpufreq/scaling_governor"));
  state.turbo = turbo(processors);
  state.smt = count_text(first_line(processors / "cpu0/topology/thread_siblings_list"));
  state.numa_nodes = count_text(first_line(root / "sys/devices/system/node/online"));
  state.virtualization = virtualization(root);
  const std::string load = first_line(root / "proc/loadavg");
  state.load_average = or_unknown(load.substr(0, load.find(' ')));
  return state;
}

std::optional<ProcessorTimes> read_processor_times(const fs::path& root) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests are counted in user already.
  std::istringstream fields(first_line(root / "proc/stat"));
  std::string label;
  if (!(fields >> label) || label != "cpu") return std::nullopt;
  constexpr int kFields = 8, kSteal = 7;
  ProcessorTimes times;
  for (int field = 0; field < kFields; ++field) {
    int64_t ticks = 0;
    if (!(fields >> ticks)) return std::nullopt;
    times.total += ticks;
    if (field == kSteal) times.steal = ticks;
  }
  return times;
}

std::optional<double> steal_share(const std::optional<ProcessorTimes>& before,
                                  const std::optional<ProcessorTimes>& after) {
  if (!before || !after || after->total <= before->total || after->steal < before->steal) return std::nullopt;
  return static_cast<double>(after->steal - before->steal) / static_cast<double>(after->total - before->total);
}

DataCache read_data_cache(int level, const fs::path& root) {
  for (int index = 0; index < 8; ++index) {
    const fs::path cache = root / kProcessors / "cpu0/cache" / fmt::format("index{}", index);
    if (first_line(cache / "level") != fmt::format("{}", level)) continue;
    if (first_line(cache / "type") == "Instruction") continue;
    const std::string size = first_line(cache / "size");
    int64_t bytes = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), bytes);
    if (error != std::errc() || bytes <= 0) return {};
    if (*end == 'K') bytes <<= 10;  // the text of a string ends with a NUL
    if (*end == 'M') bytes <<= 20;
    return {bytes, count_of_list(first_line(cache / "shared_cpu_list"))};
  }
  return {};
}

}  // namespace fp8bench
