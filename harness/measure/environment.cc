#include "harness/measure/environment.h"

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

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

int64_t cache_bytes(int name) {
  const long bytes = ::sysconf(name);
  return bytes > 0 ? bytes : 0;
}

}  // namespace

Environment read_environment() {
  Environment e;
  e.cpu = cpu_model();
  e.logical_cpus = thread_count();
  e.isa = isa_name(active_isa());
  e.isa_best = isa_name(supported_isas().back());
  e.memory_bytes = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  e.cache_l2_bytes = cache_bytes(_SC_LEVEL2_CACHE_SIZE);
  e.cache_l3_bytes = cache_bytes(_SC_LEVEL3_CACHE_SIZE);
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
