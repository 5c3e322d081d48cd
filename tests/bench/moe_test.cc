// The main job from outside: a clean run passes, every fault of the table turns the verdict and is named by a detector.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/checkpoint/faults.h"
#include "harness/report/record.h"
#include "tests/house/program.h"

using namespace fp8bench;
using namespace fp8bench::test;
using Catch::Matchers::Contains;

namespace {

std::filesystem::path scratch_file(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("fp8bench_moe_test_" + name);
}

}  // namespace

TEST_CASE("a clean main job passes twice with bit-identical content") {
  const auto first = scratch_file("first.json"), second = scratch_file("second.json");
  const std::string job = "--suite moe --quiet --stages checkpoint,quality,tasks --json ";
  const Outcome one = run_program(job + first.string());
  CAPTURE(one.out, one.err);
  CHECK(one.code == 0);
  CHECK_THAT(one.out, Contains("verdict: PASS"));
  CHECK_THAT(one.out, !Contains("detected-by"));
  // Other threads and another instruction set: the same content, hash and all.
  const Outcome two = run_program(job + second.string() + " --threads 1 --isa avx2");
  CHECK(two.code == 0);
  CHECK(content_hash(read_record(first)) == content_hash(read_record(second)));
  const auto content = read_record(first).content;
  CHECK(content["quality"]["divergence"]["a_a"]["kld"]["max"] == 0.0);
  const double kld = content["quality"]["divergence"]["fp8"]["kld"]["mean"]["value"];
  CHECK(kld > 1e-3);
  CHECK(kld < 2e-2);
  std::filesystem::remove(first);
  std::filesystem::remove(second);
}

TEST_CASE("every fault of the table turns the verdict") {
  const auto table = faults();
  const auto& fault =
      *GENERATE_REF(Catch::Generators::map<const Fault*>([&](int i) { return &table[static_cast<size_t>(i)]; },
                                                         Catch::Generators::range(0, static_cast<int>(table.size()))));
  const auto record = scratch_file("fault.json");
  const Outcome outcome = run_program("--suite moe --quiet --stages checkpoint --fault " + std::string(fault.name) +
                                      " --json " + record.string());
  CAPTURE(fault.name, outcome.out, outcome.err);
  CHECK((outcome.code == 1 || outcome.code == 3));
  CHECK_THAT(outcome.out, Contains("detected-by: ") && !Contains("detected-by: nothing"));
  // An engine fault is the self-test's to find, a checkpoint fault must not trip it.
  CHECK((outcome.out.find("self-test") != std::string::npos &&
         outcome.out.find("FAILED self-test") != std::string::npos) == (fault.kind == FaultKind::kEngine));
  std::filesystem::remove(record);
}

TEST_CASE("an unknown fault and an unknown stage are usage errors") {
  CHECK(run_program("--suite moe --fault nothing").code == 4);
  CHECK(run_program("--suite moe --stages nothing").code == 4);
  CHECK(run_program("--suite moe --fp8 somewhere").code == 4);
  CHECK(run_program("--suite moe --bf16 /nonexistent").code == 4);
}

TEST_CASE("a structural failure refuses the later stages") {
  const Outcome outcome =
      run_program("--suite moe --quiet --fault experts-bf16-3d --json " + scratch_file("refused.json").string());
  CHECK(outcome.code == 3);
  CHECK_THAT(outcome.out, Contains("not run: refused"));
}
