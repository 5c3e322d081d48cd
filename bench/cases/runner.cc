#include "bench/cases/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/report/progress.h"

namespace fp8bench {
namespace {

// A suite with its standard cases ends within a minute on two cores: building and checking take about half of it.
constexpr double kSuiteSeconds = 25.0, kLeastSeconds = 0.15, kMostSeconds = 2.0;
constexpr int kSeedOfOrder = 17;

double default_seconds(size_t cases) {
  return std::clamp(kSuiteSeconds / static_cast<double>(cases), kLeastSeconds, kMostSeconds);
}

// Memory that weights of finished cases may keep.
int64_t pool_bytes(const Environment& environment) {
  return std::min<int64_t>(environment.memory_bytes / 4, int64_t{5} << 30);
}

std::string flag_value(const std::vector<std::string>& flags, const std::string& name) {
  for (const std::string& flag : flags)
    if (flag.rfind(name + "=", 0) == 0) return flag.substr(name.size() + 1);
  return "";
}

// The measurements of all cases, made when a benchmark asks for them.
class Measurements {
 public:
  Measurements(const std::vector<CaseSpec>& cases, const RunnerOptions& options, const Environment& environment)
      : cases_(cases),
        options_(options),
        environment_(environment),
        ceilings_(cached_ceilings(environment, false)),
        weights_(pool_bytes(environment)),
        seconds_(options.seconds > 0.0 ? options.seconds : default_seconds(cases.size())),
        progress_(options.suite, options.quiet),
        rows_of_(cases.size()) {}

  // Contender `name` of case `index`, its `repetition`-th time.
  const ContenderResult* find(size_t index, const std::string& name, size_t repetition, std::string& absent) {
    while (rows_of_[index].size() <= repetition) measure(index);
    const CaseRow& row = rows_[rows_of_[index][repetition]];
    for (const auto& [who, why] : row.absent)
      if (who == name) absent = why;
    for (const ContenderResult& contender : row.row.contenders)
      if (contender.name == name) return &contender;
    return nullptr;
  }

  RunResult take() {
    RunResult result;
    result.rows.assign(rows_.begin(), rows_.end());
    result.ceilings = ceilings_;
    result.recalibrated = recalibrated_;
    for (const CaseRow& row : result.rows) {
      result.wrong = result.wrong || row.row.wrong();
      result.too_fast = result.too_fast || row.row.too_fast();
    }
    return result;
  }

 private:
  void measure(size_t index) {
    const CaseSpec& spec = cases_[index];
    progress_.update(static_cast<int64_t>(index), static_cast<int64_t>(cases_.size()), spec.text());
    const CaseContext context{environment_, ceilings_, weights_, options_.seed, options_.models};
    CaseRow row = measure_case(
        spec, context, seconds_,
        [this] {
          // Once for the whole run: what is above fresh ceilings stays above them.
          if (!recalibrated_) ceilings_ = cached_ceilings(environment_, true);
          recalibrated_ = true;
          return ceilings_;
        },
        options_.fault);
    row.repetition = static_cast<int>(rows_of_[index].size());
    row.repro = fmt::format("{} --shape \"{}\"", options_.command_prefix, spec.text());
    rows_of_[index].push_back(rows_.size());
    rows_.push_back(std::move(row));
  }

  const std::vector<CaseSpec>& cases_;
  const RunnerOptions& options_;
  const Environment& environment_;
  Ceilings ceilings_;
  bool recalibrated_ = false;
  WeightPool weights_;
  double seconds_;
  Progress progress_;
  std::deque<CaseRow> rows_;                  // in the order of measuring; benchmarks keep pointers into it
  std::vector<std::vector<size_t>> rows_of_;  // per case, per repetition
};

void inject(const std::string& fault, int sets, std::vector<Contender>& contenders) {
  for (size_t c = 1; c < contenders.size(); ++c) {
    if (fault == "skips-work") contenders[c].run = [](int) {};
    if (fault == "skips-later")
      contenders[c].run = [work = contenders[c].run, left = sets](int i) mutable {
        if (left-- > 0) work(i);
      };
  }
}

void report(benchmark::State& state, const ContenderResult& result) {
  const std::string status(row_status_name(result.status));
  if (result.status != RowStatus::kOk || result.timing.samples.empty()) {
    state.SkipWithError((result.detail.empty() ? status : fmt::format("{}: {}", status, result.detail)).c_str());
    return;
  }
  for ([[maybe_unused]] const auto _ : state) state.SetIterationTime(result.timing.median);
  state.counters["n"] = static_cast<double>(result.timing.samples.size());
  state.counters["low"] = result.timing.low;
  state.counters["high"] = result.timing.high;
  state.counters["GB/s"] = result.gb_s;
  state.counters["GFLOP/s"] = result.gflop_s;
  state.counters["%ceiling"] = 100 * result.ceiling_share;
  state.counters["ratio"] = result.ratio.median;
}

class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

// Google Benchmark keeps what it is told in globals; it must see every flag once more in each run.
void initialize_benchmark(const std::vector<std::string>& flags) {
  const std::string out = flag_value(flags, "--benchmark_out");
  if (!out.empty()) require_writable(out);  // else Google Benchmark ends the process
  static std::vector<std::string> words;
  words = flags;
  words.emplace(words.begin(), "fp8bench");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1)
    throw InputError(
        fmt::format("{}: unknown to Google Benchmark, or not a value that it takes\nhint: --benchmark_filter=REGEX, "
                    "_repetitions=N, "
                    "_format=console|json|csv, _out=FILE, _out_format=..., _list_tests=true, _min_time=SECONDS",
                    argv[1]));
}

// Not interleaved with the first contender: the ratio is of the medians, its interval of the ends of theirs.
void add_peers(VerifiedRow& row, const VerifiedRow& peers) {
  for (ContenderResult peer : peers.contenders) {
    peer.ratio = {};
    const ContenderResult& first = row.contenders.front();
    if (first.status == RowStatus::kOk && peer.status == RowStatus::kOk && peer.timing.median > 0.0)
      peer.ratio = {first.timing.median / peer.timing.median, first.timing.low / peer.timing.high,
                    first.timing.high / peer.timing.low};
    row.contenders.push_back(std::move(peer));
  }
}

}  // namespace

CaseRow measure_case(const CaseSpec& spec, const CaseContext& context, double seconds,
                     const std::function<Ceilings()>& recalibrate, const std::string& fault) {
  BuiltCase built = build_case(spec, context);
  inject(fault, built.sets, built.contenders);
  CaseRow row{spec, built.facts, built.absent, {}, {}, 0, ""};
  if (built.contenders.empty()) std::swap(built.contenders, built.peers);
  if (built.contenders.empty()) return row;
  VerifyOptions options;
  options.sampling.time_limit = seconds;
  options.mode = built.mode;
  options.bound = built.bound;
  options.sets = built.sets;
  options.cache_resident = built.cache_resident;
  options.footprint = built.footprint;
  options.seed = context.seed * 1000 + kSeedOfOrder;
  row.row = measure_verified(built.contenders, options, context.ceilings, recalibrate);
  if (!built.peers.empty()) add_peers(row.row, measure_verified(built.peers, options, context.ceilings, recalibrate));
  if (built.measured) row.measured = built.measured();
  return row;
}

RunResult run_cases(const std::vector<CaseSpec>& cases, const RunnerOptions& options, const Environment& environment) {
  const auto start = std::chrono::steady_clock::now();
  RunnerOptions chosen = options;
  if (const std::string text = flag_value(options.benchmark_flags, "--benchmark_min_time"); !text.empty())
    chosen.seconds = std::strtod(text.c_str(), nullptr);
  initialize_benchmark(chosen.benchmark_flags);
  benchmark::ClearRegisteredBenchmarks();
  Measurements measurements(cases, chosen, environment);
  std::exception_ptr failure;
  for (size_t index = 0; index < cases.size(); ++index) {
    for (const std::string& contender : split_list(cases[index].choice("contenders"), ',')) {
      const std::string name = fmt::format("{}/{}/{}", chosen.suite, cases[index].name(), contender);
      const auto repetition = std::make_shared<size_t>(0);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [&measurements, &failure, index, contender, repetition](benchmark::State& state) {
                                     if (failure) return state.SkipWithError("an earlier case could not be built");
                                     try {
                                       std::string absent;
                                       const ContenderResult* result =
                                           measurements.find(index, contender, (*repetition)++, absent);
                                       if (result != nullptr) return report(state, *result);
                                       state.SkipWithError(fmt::format("n/a: {}", absent).c_str());
                                     } catch (const std::exception& error) {
                                       failure = std::current_exception();
                                       state.SkipWithError(error.what());
                                     }
                                   })
          ->UseManualTime()
          ->Iterations(1)
          ->Unit(benchmark::kMicrosecond);
    }
  }
  const bool own_format = flag_value(chosen.benchmark_flags, "--benchmark_format").empty();
  const bool listed = std::any_of(chosen.benchmark_flags.begin(), chosen.benchmark_flags.end(), [](const auto& flag) {
    return flag == "--benchmark_list_tests" || flag == "--benchmark_list_tests=true";
  });
  SilentReporter silent;
  std::string filter = chosen.filter.empty() ? benchmark::GetBenchmarkFilter() : chosen.filter;
  if (filter.empty()) filter.push_back('.');
  const size_t matched = benchmark::RunSpecifiedBenchmarks(own_format || listed ? &silent : nullptr, nullptr, filter);
  benchmark::ClearRegisteredBenchmarks();
  if (failure) std::rethrow_exception(failure);
  if (matched == 0)
    throw InputError(
        fmt::format("--filter {}: matches none of the {} cases\nhint: --benchmark_list_tests=true prints "
                    "their names",
                    filter, cases.size()));
  RunResult result = measurements.take();
  result.only_listed = listed;
  result.printed = !own_format;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace fp8bench
