// The cache of ceilings: read, merged, damaged, written by an older version; and one real measurement.
#include "harness/measure/ceilings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "harness/io/text_file.h"
#include "harness/measure/environment_json.h"
#include "tests/house/source_tree.h"

using namespace fp8bench;

namespace {

// FP8BENCH_CACHE points into a folder of its own while this lives.
struct OwnCache {
  test::TemporaryFolder folder;
  std::string before;
  OwnCache() {
    if (const char* old = std::getenv("FP8BENCH_CACHE")) before = old;
    ::setenv("FP8BENCH_CACHE", folder.path().c_str(), 1);
  }
  ~OwnCache() { before.empty() ? ::unsetenv("FP8BENCH_CACHE") : ::setenv("FP8BENCH_CACHE", before.c_str(), 1); }
  OwnCache(const OwnCache&) = delete;
  OwnCache& operator=(const OwnCache&) = delete;

  void write(const std::string& text) const { std::ofstream(ceilings_file()) << text; }
};

Environment machine(const std::string& key) {
  Environment e = read_environment();
  e.machine_key = key;
  e.isa = "avx2";
  return e;
}

Ceilings figures(double read, double fma) {
  Ceilings c;
  c.all = {{"read.memory.all", read, 0.01, "GB/s"}, {"fma.avx2.all", fma, 0.02, "GFLOP/s"}};
  return c;
}

}  // namespace

TEST_CASE("the better of two calibrations is kept, figure by figure") {
  const OwnCache cache;
  const Environment here = machine("here");
  remember_ceilings(here, figures(30.0, 200.0));
  const Ceilings kept = remember_ceilings(here, figures(40.0, 100.0));
  CHECK(kept.value("read.memory.all") == 40.0);
  CHECK(kept.value("fma.avx2.all") == 200.0);
  CHECK(kept.read_gb_s == 40.0);
  CHECK(kept.fma_gflop_s == 200.0);
  CHECK(kept.bf16_gflop_s == 200.0);  // no BF16 unit under avx2: the float32 rate
  CHECK(kept.value("read.l7.one") == 0.0);

  const Ceilings read_back = cached_ceilings(here, false);
  REQUIRE(read_back.all.size() == 2);
  CHECK(read_back.all[1].spread == 0.02);
  CHECK(read_back.all[1].unit == "GFLOP/s");
  CHECK(read_back.read_gb_s == 40.0);
  CHECK(read_back.cache_bytes > 0);
}

TEST_CASE("every machine has its own ceilings in one cache") {
  const OwnCache cache;
  remember_ceilings(machine("a"), figures(30.0, 200.0));
  remember_ceilings(machine("b"), figures(50.0, 100.0));
  CHECK(cached_ceilings(machine("a"), false).read_gb_s == 30.0);
  CHECK(cached_ceilings(machine("b"), false).read_gb_s == 50.0);
}

TEST_CASE("a cache of the first format is read, and what it lacks is measured") {
  const OwnCache cache;
  cache.write(R"({"old": {"read_gb_s": 1e6, "fma_gflop_s": 2e6, "cpu": "x", "isa": "avx2"}})");
  const Ceilings kept = cached_ceilings(machine("old"), false);
  CHECK(kept.read_gb_s == 1e6);  // once measured, never lowered
  CHECK(kept.fma_gflop_s == 2e6);
  CHECK(kept.bf16_gflop_s >= kept.fma_gflop_s);
  CHECK(kept.value("read.memory.all") > 0.0);
}

TEST_CASE("a damaged cache is measured again, not an error") {
  const OwnCache cache;
  const std::string text =
      GENERATE("", "{", "[1, 2]", "null", R"({"here": 7})", R"({"here": {"read_gb_s": "fast", "all": 3}})",
               R"({"here": {"all": [1, {"name": 2}, {"name": "read.memory.all", "value": -1}]}})");
  CAPTURE(text);
  cache.write(text);
  const Ceilings kept = remember_ceilings(machine("here"), figures(30.0, 200.0));
  CHECK(kept.read_gb_s == 30.0);
  CHECK(kept.all.size() == 2);
  CHECK(cached_ceilings(machine("here"), false).fma_gflop_s == 200.0);
}

TEST_CASE("a cache that cannot be written only means measuring again") {
  const OwnCache cache;
  std::filesystem::create_directory(ceilings_file());  // a folder where the file should be
  CHECK(remember_ceilings(machine("here"), figures(30.0, 200.0)).read_gb_s == 30.0);
}

TEST_CASE("the native unit's rate holds rows under its own instruction set only") {
  Ceilings c;
  c.all = {{"fma.avx512.all", 200.0, 0.0, "GFLOP/s"}, {"bf16.avx512bf16.all", 400.0, 0.0, "GFLOP/s"}};
  Environment e = machine("here");
  e.isa = "avx512";
  Ceilings canonical = c, native = c;
  hold_rows_to(canonical, e);
  CHECK(canonical.bf16_gflop_s == 200.0);
  e.isa = "avx512bf16";
  hold_rows_to(native, e);
  CHECK(native.bf16_gflop_s == 400.0);
  CHECK(native.fma_gflop_s == 200.0);
}

TEST_CASE("a calibration measures what it is asked for and tells its progress") {
  const Environment here = read_environment();
  int steps = 0;
  const Ceilings c = calibrate(
      here, [&](std::string_view) { ++steps; }, "fma.portable");
  CHECK(steps == calibration_steps("fma.portable"));
  REQUIRE(c.all.size() == 2);  // one thread, all threads
  for (const Ceiling& figure : c.all) {
    CHECK(figure.value > 0.0);
    CHECK(figure.spread >= 0.0);
    CHECK(figure.spread < 1.0);
    CHECK(figure.unit == "GFLOP/s");
  }
  CHECK(calibrate(here, {}, "read.l1.one").all.size() == (here.cache_l1_bytes > 0 ? 1 : 0));
  CHECK(calibration_steps("no such ceiling") == 0);
  const std::vector<std::string> names = ceiling_names();
  for (const char* name : {"clock.one", "fma.avx512.all", "bf16.amx.one", "read.l1.one", "write.l2.all",
                           "copy.memory.all", "read.l3.one", "bf16.avx512bf16.all"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("the machine block of a record has its host's state and every ceiling") {
  const nlohmann::json block = to_json(read_environment());
  for (const char* key : {"pinned", "governor", "turbo", "threads_per_core", "numa_nodes", "virtualization"})
    CHECK_FALSE(block.at("host").at(key).get<std::string>().empty());
  CHECK(to_json(figures(30.0, 200.0)).at("read.memory.all").at("value") == 30.0);
}
