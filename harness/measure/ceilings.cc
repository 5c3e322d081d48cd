#include "harness/measure/ceilings.h"

#include <fmt/core.h>

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

void set(Ceilings& ceilings, const Ceiling& figure) {
  for (Ceiling& known : ceilings.all)
    if (known.name == figure.name) {
      if (figure.value > known.value) known = figure;
      return;
    }
  ceilings.all.push_back(figure);
}

// Takes the better of each: what the machine once did it can do, and a ceiling measured beside other work must not pull
// a better one down.
void merge(Ceilings& into, const Ceilings& other) {
  for (const Ceiling& figure : other.all) set(into, figure);
  into.read_gb_s = std::max(into.read_gb_s, other.read_gb_s);
  into.fma_gflop_s = std::max(into.fma_gflop_s, other.fma_gflop_s);
  into.bf16_gflop_s = std::max(into.bf16_gflop_s, other.bf16_gflop_s);
}

nlohmann::json read_cache(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return nlohmann::json::object();
  // A cache that cannot be read is measured again, not an error.
  nlohmann::json all = nlohmann::json::parse(read_text_file(file), nullptr, false);
  return all.is_object() ? all : nlohmann::json::object();
}

double number(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::string text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What a cache says of a machine; figures that an older or damaged file lacks stay 0.
Ceilings from_json(const nlohmann::json& cache, const std::string& key) {
  Ceilings ceilings;
  ceilings.machine_key = key;
  const auto machine = cache.find(key);
  if (machine == cache.end() || !machine->is_object()) return ceilings;
  ceilings.read_gb_s = number(*machine, "read_gb_s");
  ceilings.fma_gflop_s = number(*machine, "fma_gflop_s");
  ceilings.bf16_gflop_s = number(*machine, "bf16_gflop_s");
  const auto all = machine->find("all");
  if (all == machine->end() || !all->is_array()) return ceilings;
  for (const nlohmann::json& figure : *all)
    if (figure.is_object() && !text(figure, "name").empty() && number(figure, "value") > 0.0)
      set(ceilings, {text(figure, "name"), number(figure, "value"), number(figure, "spread"), text(figure, "unit")});
  return ceilings;
}

nlohmann::json to_json(const Ceilings& ceilings, const Environment& environment) {
  nlohmann::json all = nlohmann::json::array();
  for (const Ceiling& figure : ceilings.all)
    all.push_back({{"name", figure.name}, {"value", figure.value}, {"spread", figure.spread}, {"unit", figure.unit}});
  return {{"read_gb_s", ceilings.read_gb_s},
          {"fma_gflop_s", ceilings.fma_gflop_s},
          {"bf16_gflop_s", ceilings.bf16_gflop_s},
          {"cpu", environment.cpu},
          {"isa", environment.isa},
          {"all", all}};
}

}  // namespace

double Ceilings::value(std::string_view name) const {
  for (const Ceiling& figure : all)
    if (figure.name == name) return figure.value;
  return 0.0;
}

Ceilings measure_ceilings(const Environment& environment) {
  Ceilings ceilings;
  // Four times the last-level cache, so that the cache cannot serve the reads.
  const int64_t bytes = std::clamp<int64_t>(4 * environment.cache_l3_bytes, int64_t{256} << 20, int64_t{1} << 30);
  ceilings.read_gb_s = best_read_gb_s(bytes);
  ceilings.fma_gflop_s = ceilings.bf16_gflop_s = best_fma_gflop_s();
  ceilings.machine_key = environment.machine_key;
  set(ceilings, {"read.memory.all", ceilings.read_gb_s, 0.0, "GB/s"});
  set(ceilings, {fmt::format("fma.{}.all", environment.isa), ceilings.fma_gflop_s, 0.0, "GFLOP/s"});
  return ceilings;
}

Ceilings calibrate(const Environment& environment, const std::function<void(std::string_view name)>& progress) {
  if (progress) progress("memory and multiply-add");
  return measure_ceilings(environment);
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

Ceilings remember_ceilings(const Environment& environment, const Ceilings& measured) {
  const std::filesystem::path file = ceilings_file();
  nlohmann::json cache = read_cache(file);
  Ceilings merged = from_json(cache, environment.machine_key);
  merge(merged, measured);
  cache[environment.machine_key] = to_json(merged, environment);
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  try {
    write_file_atomically(file, cache.dump(2) + "\n");
  } catch (const InputError&) {  // a read-only home only means measuring again next time
  }
  return merged;
}

Ceilings cached_ceilings(const Environment& environment, bool recalibrate) {
  const Ceilings known = from_json(read_cache(ceilings_file()), environment.machine_key);
  const bool complete = known.read_gb_s > 0.0 && known.fma_gflop_s > 0.0 && known.bf16_gflop_s > 0.0;
  if (complete && !recalibrate) return known;
  return remember_ceilings(environment, measure_ceilings(environment));
}

}  // namespace fp8bench
