// The table of microbenchmarks behind the ceilings, and their clock.
#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <thread>

#include "harness/measure/ceilings.h"
#include "kernels/parallel.h"
#include "kernels/peak/peak.h"

namespace fp8bench {
namespace {

constexpr double kPassSeconds = 0.008;  // of one thread, roughly: many time slices of nobody, few of anybody
constexpr int kPasses = 5;
constexpr int kScoutPasses = 1;  // of each variant of a bandwidth loop, to find the best two
// The whole table again: a neighbour on the same core or memory bus can take a third away for a second and be gone.
constexpr int kRounds = 2;
// A pass is clean when every thread had a processor for this share of it.
constexpr double kCleanShare = 0.97;

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Pass {
  double rate = 0.0;  // the threads' amounts per second of their own processor time, added up
  bool clean = false;
};

// Runs `work(thread)`, which returns the amount it did, on all threads at once, `passes` times.
std::vector<Pass> run_passes(int threads, int passes, const std::function<double(int thread)>& work) {
  std::vector<Pass> all(static_cast<size_t>(passes));
  std::vector<double> rates(static_cast<size_t>(threads)), cpu(rates), end(rates), begin(rates);
  std::barrier together(threads);
  const auto member = [&](int t) {
    const auto me = static_cast<size_t>(t);
    for (Pass& pass : all) {
      together.arrive_and_wait();
      begin[me] = wall_seconds();
      const double start = thread_seconds();
      const double amount = work(t);
      cpu[me] = thread_seconds() - start;
      end[me] = wall_seconds();
      rates[me] = amount / std::max(cpu[me], 1e-9);
      together.arrive_and_wait();
      if (t != 0) continue;
      for (const double rate : rates) pass.rate += rate;
      const double wall = *std::max_element(end.begin(), end.end()) - *std::min_element(begin.begin(), begin.end());
      pass.clean = *std::min_element(cpu.begin(), cpu.end()) >= kCleanShare * wall;
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(member, t);
  member(0);
  for (std::thread& other : others) other.join();
  return all;
}

// Best and median of the clean passes, or of all where none was clean.
Ceiling summarize(const std::string& name, const std::vector<Pass>& passes, double scale, const char* unit) {
  const bool any_clean = std::any_of(passes.begin(), passes.end(), [](const Pass& p) { return p.clean; });
  std::vector<double> rates;
  for (const Pass& pass : passes)
    if (pass.clean || !any_clean) rates.push_back(pass.rate);
  std::sort(rates.begin(), rates.end());
  const double best = rates.back(), median = rates[rates.size() / 2];
  return {name, best / scale, best > 0.0 ? (best - median) / best : 0.0, unit};
}

// More threads than processors would each count as one.
int team(bool all) {
  cpu_set_t set;
  const int processors = ::sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
  return all ? std::min(thread_count(), processors) : 1;
}

Ceiling measure_arithmetic(const std::string& name, const ArithmeticPeak& peak, bool all) {
  constexpr double kFastClock = 4e9;  // Hz
  const auto rounds = static_cast<int64_t>(kPassSeconds * kFastClock / static_cast<double>(peak.round_cycles));
  const auto passes = run_passes(team(all), kPasses, [&](int) { return static_cast<double>(peak.run(rounds)); });
  return summarize(name, passes, 1e9, "GFLOP/s");
}

Ceiling measure_clock(const std::string& name) {
  constexpr int64_t kAdditions = 25'000'000;
  std::atomic<uint64_t> sink{0};
  const auto passes = run_passes(1, kPasses, [&](int) {
    sink += run_dependent_additions(kAdditions);
    return static_cast<double>(kAdditions);
  });
  return summarize(name, passes, 1e9, "GHz");
}

struct Level {
  const char* name;
  double fast_gb_s;  // of one thread, generously: to choose the number of passes
  // Bytes of one thread's buffer; 0 where this machine has no such level, or hides it.
  int64_t (*bytes)(const Environment& environment, int threads);
};

int64_t whole_pages(int64_t bytes) { return bytes / 4096 * 4096; }

constexpr std::array kLevels = {
    Level{"l1", 200.0, [](const Environment& e, int) { return whole_pages(e.cache_l1_bytes / 2); }},
    Level{"l2", 100.0, [](const Environment& e, int) { return whole_pages(e.cache_l2_bytes / 2); }},
    Level{"l3", 50.0,
          [](const Environment& e, int threads) {
            const int64_t part = whole_pages(e.cache_l3_bytes * (threads > 1 ? e.l3_count : 1) / 2 / threads);
            return part >= 2 * e.cache_l2_bytes ? part : int64_t{0};  // less would stay in L2
          }},
    // Four times the last-level cache, so that the cache cannot serve it.
    Level{"memory", 0.0,
          [](const Environment& e, int threads) {
            const int64_t all =
                std::clamp<int64_t>(4 * e.cache_l3_bytes * e.l3_count, int64_t{256} << 20, int64_t{1} << 30);
            return whole_pages(std::max(all / threads, int64_t{8} << 20));
          }},
};

constexpr std::array kKinds = {"read", "write", "copy"};

struct Buffer {
  explicit Buffer(int64_t size) : bytes(static_cast<char*>(std::aligned_alloc(4096, static_cast<size_t>(size)))) {
    if (!bytes) throw std::bad_alloc();
    std::fill_n(bytes.get(), size, char{1});  // by the thread that will use it, so that it lies in its memory
  }
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> bytes;
};

std::optional<Ceiling> measure_bandwidth(const std::string& name, const char* kind, const Level& level,
                                         const Environment& environment, bool all) {
  const int threads = team(all);
  const int64_t bytes = level.bytes(environment, threads);
  if (bytes <= 0) return std::nullopt;
  const auto repeats =
      std::max<int64_t>(1, static_cast<int64_t>(kPassSeconds * level.fast_gb_s * 1e9 / static_cast<double>(bytes)));
  std::vector<std::unique_ptr<Buffer>> buffers(static_cast<size_t>(threads));
  run_passes(threads, 1, [&](int t) {
    buffers[static_cast<size_t>(t)] = std::make_unique<Buffer>(bytes);
    return 0.0;
  });
  std::atomic<uint64_t> sink{0};
  const auto measured = [&](const BandwidthLoop& loop, int passes) {
    return run_passes(threads, passes, [&](int t) {
      sink += loop.run(buffers[static_cast<size_t>(t)]->bytes.get(), bytes, repeats);
      return static_cast<double>(bytes * repeats);
    });
  };
  std::vector<std::pair<double, const BandwidthLoop*>> scouts;
  for (const BandwidthLoop& loop : bandwidth_loops())
    if (loop.kind == kind) scouts.emplace_back(summarize(name, measured(loop, kScoutPasses), 1e9, "GB/s").value, &loop);
  std::sort(scouts.begin(), scouts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Ceiling best;
  for (size_t i = 0; i < std::min<size_t>(2, scouts.size()); ++i) {
    const Ceiling figure = summarize(name, measured(*scouts[i].second, kPasses), 1e9, "GB/s");
    if (figure.value > best.value) best = figure;
  }
  return best;
}

struct Microbenchmark {
  std::string name;
  std::function<std::optional<Ceiling>(const Environment& environment)> measure;  // nothing: not on this machine
};

std::vector<Microbenchmark> microbenchmarks() {
  std::vector<Microbenchmark> table;
  table.push_back({"clock.one", [](const Environment&) { return measure_clock("clock.one"); }});
  for (const bool all : {false, true}) {
    const char* threads = all ? "all" : "one";
    for (const ArithmeticPeak& peak : arithmetic_peaks()) {
      const std::string name = fmt::format("{}.{}", peak.name, threads);
      table.push_back({name, [=, &peak](const Environment&) -> std::optional<Ceiling> {
                         if (!peak.supported()) return std::nullopt;
                         return measure_arithmetic(name, peak, all);
                       }});
    }
    for (const char* kind : kKinds)
      for (const Level& level : kLevels) {
        const std::string name = fmt::format("{}.{}.{}", kind, level.name, threads);
        table.push_back(
            {name, [=, &level](const Environment& e) { return measure_bandwidth(name, kind, level, e, all); }});
      }
  }
  return table;
}

Ceilings measure_some(const Environment& environment, const std::function<bool(const std::string& name)>& wanted,
                      const std::function<void(std::string_view name)>& progress) {
  Ceilings ceilings;
  ceilings.machine_key = environment.machine_key;
  const std::vector<Microbenchmark> table = microbenchmarks();
  for (int round = 0; round < kRounds; ++round)
    for (const Microbenchmark& microbenchmark : table) {
      if (!wanted(microbenchmark.name)) continue;
      if (progress) progress(microbenchmark.name);
      if (const std::optional<Ceiling> figure = microbenchmark.measure(environment)) keep_better(ceilings, *figure);
    }
  hold_rows_to(ceilings, environment);
  return ceilings;
}

// The instruction sets above avx512 serve BF16 alone; float32 then runs avx512.
std::string float_peak(const std::string& isa) {
  return isa == "portable" || isa == "avx2" ? fmt::format("fma.{}.all", isa) : "fma.avx512.all";
}

}  // namespace

std::vector<std::string> ceiling_names() {
  std::vector<std::string> names;
  for (const Microbenchmark& microbenchmark : microbenchmarks()) names.push_back(microbenchmark.name);
  return names;
}

int calibration_steps(std::string_view only) {
  const std::vector<std::string> names = ceiling_names();
  return kRounds * static_cast<int>(std::count_if(names.begin(), names.end(), [&](const std::string& name) {
           return name.find(only) != std::string::npos;
         }));
}

void hold_rows_to(Ceilings& ceilings, const Environment& environment) {
  const auto better = [&](double& known, const std::string& name) { known = std::max(known, ceilings.value(name)); };
  better(ceilings.read_gb_s, "read.memory.all");
  better(ceilings.fma_gflop_s, float_peak(environment.isa));
  better(ceilings.bf16_gflop_s, fmt::format("bf16.{}.all", environment.isa));
  ceilings.bf16_gflop_s = std::max(ceilings.bf16_gflop_s, ceilings.fma_gflop_s);
  better(ceilings.cache_read_gb_s, "read.l3.all");
  better(ceilings.cache_read_gb_s, "read.l2.all");
  ceilings.cache_bytes =
      environment.cache_l3_bytes * environment.l3_count + environment.cache_l2_bytes * environment.logical_cpus;
}

Ceilings measure_ceilings(const Environment& environment) {
  const std::array<std::string, 5> needed = {"read.memory.all", "read.l2.all", "read.l3.all",
                                             float_peak(environment.isa), fmt::format("bf16.{}.all", environment.isa)};
  return measure_some(
      environment,
      [&](const std::string& name) { return std::find(needed.begin(), needed.end(), name) != needed.end(); }, {});
}

Ceilings calibrate(const Environment& environment, const std::function<void(std::string_view name)>& progress,
                   std::string_view only) {
  return measure_some(
      environment, [&](const std::string& name) { return name.find(only) != std::string::npos; }, progress);
}

}  // namespace fp8bench
