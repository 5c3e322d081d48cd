// The main job from outside: a clean run passes, every fault of the table turns the verdict and is named by a detector.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/checkpoint/faults.h"
#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "tests/house/program.h"
#include "tests/test_data.h"

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

TEST_CASE("checkpoints that cannot be compared are refused with a screen and exit 3") {
  const std::string nano = test::source_path("datasets/nano/checkpoint").string();
  const std::string record = " --json " + scratch_file("refused.json").string();
  // The FP8 side of another model, and a BF16 folder that is called FP8.
  const std::string fp8 = GENERATE("quantized:synth:tiny-moe", "synth:tiny-moe");
  const Outcome other = run_program("--suite moe --quiet --bf16 " + nano + " --fp8 " + fp8 + record);
  CAPTURE(fp8, other.out, other.err);
  CHECK(other.code == 3);
  CHECK_THAT(other.out, Contains("not run: refused") && Contains("detected-by:"));
  const Outcome same = run_program("--suite moe --quiet --bf16 " + nano + " --fp8 " + nano + record);
  CHECK(same.code == 3);
  CHECK_THAT(same.out, Contains("not run: refused"));
}

TEST_CASE("token ids come from a file, one sequence a line, and a bad one is named before any work") {
  const auto ids = scratch_file("ids.txt");
  const std::string job = "--suite moe --quiet --stages checkpoint,quality --bf16 synth:tiny-moe --ids-file " +
                          ids.string() + " --json " + scratch_file("ids.json").string();
  write_file_atomically(ids, "2 5 7 9\n2,8,11\n");
  const Outcome good = run_program(job);
  CAPTURE(good.out, good.err);
  CHECK(good.code == 0);
  CHECK_THAT(good.out, Contains("7 tokens"));
  write_file_atomically(ids, "2 5\n2 99999999\n");
  const Outcome bad = run_program(job);
  CHECK(bad.code == 4);
  CHECK_THAT(bad.err, Contains("ids.txt:2: expected a token id in [0, ") && Contains("99999999"));
  write_file_atomically(ids, "2\n3\n");
  CHECK(run_program(job).code == 4);
  std::filesystem::remove(ids);
}

TEST_CASE("a record that cannot be written is refused before the work, not after") {
  const Outcome outcome = run_program("--suite moe --quiet --json /nonexistent/folder/moe.json");
  CHECK(outcome.code == 4);
  CHECK_THAT(outcome.err, Contains("/nonexistent/folder"));
  CHECK(outcome.out.empty());
}
