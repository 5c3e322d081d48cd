#include "harness/measure/environment.h"

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "harness/io/sha256.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

// The system's own description first; sysconf where there is none.
int64_t cache_bytes(int level, int name) {
  if (const int64_t bytes = read_data_cache(level).bytes; bytes > 0) return bytes;
  return std::max(0L, ::sysconf(name));
}

}  // namespace

Environment read_environment() {
  Environment e;
  e.cpu = cpu_model();
  e.logical_cpus = thread_count();
  e.isa = isa_name(active_isa());
  e.isa_best = isa_name(supported_isas().back());
  e.memory_bytes = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  e.cache_l1_bytes = cache_bytes(1, _SC_LEVEL1_DCACHE_SIZE);
  e.cache_l2_bytes = cache_bytes(2, _SC_LEVEL2_CACHE_SIZE);
  e.cache_l3_bytes = cache_bytes(3, _SC_LEVEL3_CACHE_SIZE);
  const int64_t sharing = read_data_cache(3).processors;
  e.l3_count = sharing > 0 ? (e.logical_cpus + sharing - 1) / sharing : 1;
  e.host = read_host_state();
  utsname names{};
  if (::uname(&names) == 0) e.kernel = fmt::format("{} {}", names.sysname, names.release);
  e.compiler = fmt::format("{} {}", __GNUC__ ? "g++" : "c++", __VERSION__);
  e.version = FP8BENCH_VERSION;
  e.revision = FP8BENCH_REVISION;
  e.machine_key =
      sha256_hex(fmt::format("{}|{}|{}|{}", e.cpu, e.logical_cpus, e.isa, e.memory_bytes >> 30)).substr(0, 12);
  return e;
}

}  // namespace fp8bench
