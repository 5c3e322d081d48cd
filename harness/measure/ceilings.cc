#include "harness/measure/ceilings.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/peak/fma_peak.h"

namespace fp8bench {
namespace {

// Processor time of the calling thread: a multiply-add loop does not wait for anyone, so its rate per second of
// processor time is the core's, however busy the machine is.
double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Best of several passes and shapes: a ceiling is what the machine can do, not what it did on average. All threads read
// at once, so that they share the memory bus; their rates add up.
double best_read_gb_s(int64_t bytes) {
  const std::vector<uint64_t> buffer(static_cast<size_t>(bytes) / 8, 1);
  const int threads = thread_count();
  const int64_t part = bytes / threads;
  std::atomic<uint64_t> sink{0};
  double best = 0.0;
  for (const int streams : {1, 4, 8, 1, 4, 8}) {
    std::vector<double> rates(static_cast<size_t>(threads), 0.0);
    parallel_for(threads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const double start = thread_seconds();
        sink += read_memory(reinterpret_cast<const char*>(buffer.data()) + t * part, part, streams);
        rates[static_cast<size_t>(t)] = static_cast<double>(part) / (thread_seconds() - start) / 1e9;
      }
    });
    best = std::max(best, std::accumulate(rates.begin(), rates.end(), 0.0));
  }
  return best;
}

double best_fma_gflop_s() {
  const int64_t rounds = active_isa() == Isa::kPortable ? 200000 : 8000000;
  double best = 0.0;
  for (int pass = 0; pass < 5; ++pass) {
    const double start = thread_seconds();
    const int64_t operations = run_fma_rounds(active_isa(), rounds);
    best = std::max(best, static_cast<double>(operations) / (thread_seconds() - start) / 1e9);
  }
  return best * thread_count();
}

}  // namespace

Ceilings measure_ceilings(const Environment& environment) {
  Ceilings ceilings;
  // Four times the last-level cache, so that the cache cannot serve the reads.
  const int64_t bytes = std::clamp<int64_t>(4 * environment.cache_l3_bytes, int64_t{256} << 20, int64_t{1} << 30);
  ceilings.read_gb_s = best_read_gb_s(bytes);
  ceilings.fma_gflop_s = best_fma_gflop_s();
  ceilings.machine_key = environment.machine_key;
  return ceilings;
}

std::filesystem::path ceilings_file() {
  if (const char* own = std::getenv("FP8BENCH_CACHE"); own != nullptr && *own != '\0')
    return std::filesystem::path(own) / "ceilings.json";
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0')
    return std::filesystem::path(xdg) / "fp8bench" / "ceilings.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache" / "fp8bench" / "ceilings.json";
  std::error_code ignored;  // an empty path, then: the current folder
  return std::filesystem::temp_directory_path(ignored) / "fp8bench" / "ceilings.json";
}

Ceilings cached_ceilings(const Environment& environment, bool recalibrate) {
  const std::filesystem::path file = ceilings_file();
  nlohmann::json all = nlohmann::json::object();
  if (std::filesystem::exists(file)) {
    // A cache that cannot be read is measured again, not an error.
    all = nlohmann::json::parse(read_text_file(file), nullptr, false);
    if (!all.is_object()) all = nlohmann::json::object();
  }
  const std::string& key = environment.machine_key;
  if (!recalibrate && all.contains(key) && all[key].is_object())
    return {all[key].value("read_gb_s", 0.0), all[key].value("fma_gflop_s", 0.0), key};
  Ceilings measured = measure_ceilings(environment);
  // What the machine once did it can do: a ceiling measured beside other work must not pull a better one down.
  if (all.contains(key) && all[key].is_object()) {
    measured.read_gb_s = std::max(measured.read_gb_s, all[key].value("read_gb_s", 0.0));
    measured.fma_gflop_s = std::max(measured.fma_gflop_s, all[key].value("fma_gflop_s", 0.0));
  }
  all[key] = {{"read_gb_s", measured.read_gb_s},
              {"fma_gflop_s", measured.fma_gflop_s},
              {"cpu", environment.cpu},
              {"isa", environment.isa}};
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  try {
    write_file_atomically(file, all.dump(2) + "\n");
  } catch (const InputError&) {  // a read-only home only means measuring again next time
  }
  return measured;
}

}  // namespace fp8bench
