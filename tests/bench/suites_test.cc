// The suites of cases from outside: names, filters, formats, records, repro lines, refusals.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "tests/house/program.h"

using namespace fp8bench;
using namespace fp8bench::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const std::string kTiny = "--suite dense --quiet --min-time 0.02 --shape 'op=gemm n=32 k=32 tokens=1,16 mode=hot' ";

}  // namespace

TEST_CASE("rows are Google Benchmark's: names, JSON, filter, repetitions") {
  const Outcome list = run_program(kTiny + "--benchmark_list_tests=true");
  CHECK(list.code == 0);
  REQUIRE(lines_of(list.out).size() == 6);
  CHECK_THAT(lines_of(list.out)[0], Contains("dense/gemm/n:32/k:32/tokens:1/mode:hot/bf16"));

  const Outcome run = run_program(kTiny + "--benchmark_format=json --benchmark_repetitions=2 --filter tokens:16/");
  CAPTURE(run.out, run.err);
  CHECK(run.code == 0);
  const json printed = json::parse(run.out);  // nothing but JSON on stdout
  int iterations = 0;
  for (const json& row : printed.at("benchmarks")) {
    CHECK_THAT(row.at("name").get<std::string>(), Contains("tokens:16/"));
    if (row.at("run_type") != "iteration") continue;
    ++iterations;
    CHECK(row.at("real_time").get<double>() > 0.0);
    CHECK(row.contains("GB/s"));
    CHECK(row.at("n").get<double>() >= 1.0);
  }
  CHECK(iterations == 3 * 2);
}

TEST_CASE("a row's repro line measures that row again") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "a.json").string(), again = (folder.path() / "b.json").string();
  const Outcome outcome = run_program(kTiny + "--filter tokens:16/.*bf16 --json " + file);
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Contains("gemm n=32 k=32 tokens=16") && Contains("f8-product"));
  const Record record = read_record(file);
  REQUIRE(record.run.at("rows").size() == 1);
  const std::string repro = record.run.at("rows")[0].at("repro").get<std::string>();
  REQUIRE(repro.rfind("fp8bench ", 0) == 0);
  CHECK(run_program(repro.substr(9) + " --quiet --min-time 0.02 --json " + again).code == 0);
  const Record second = read_record(again);
  CHECK(content_hash(record) == content_hash(second));  // the checks are the same to the bit
  const json& contender = second.run.at("rows")[0].at("contenders")[1];
  CHECK(contender.at("name") == "f8");
  CHECK(contender.at("samples").size() >= 1);
  // And a record prints as a table.
  const Outcome table = run_program("table " + file);
  CHECK(table.code == 0);
  CHECK_THAT(table.out, Contains("| gemm n=32 k=32 tokens=16 mode=hot | bf16 |"));
}

TEST_CASE("a contender that cheats has no time and the exit code is 3") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "a.json").string();
  const auto [fault, status] =
      GENERATE(table<std::string, std::string>({{"skips-work", "wrong"}, {"skips-later", "faster than the machine"}}));
  const Outcome outcome =
      run_program("--suite dense --quiet --min-time 0.05 --shape 'op=gemm n=512 k=512 tokens=16 mode=hot' --json " +
                  file + " --fault " + fault);
  CAPTURE(fault, outcome.out, outcome.err);
  CHECK(outcome.code == 3);
  CHECK_THAT(outcome.out, Contains(status) && Contains("no time; again: fp8bench --suite dense"));
  const json contenders = read_record(file).run.at("rows")[0].at("contenders");
  REQUIRE(contenders.size() == 3);
  CHECK(contenders[0].at("status") == "ok");  // the sound one keeps its own
  for (size_t c = 1; c < contenders.size(); ++c) {
    CHECK(contenders[c].at("status") == status);
    CHECK_FALSE(contenders[c].contains("seconds"));
  }
}

TEST_CASE("what a suite cannot mean is a usage error that names the suite") {
  const auto [arguments, message] = GENERATE(table<std::string, std::string>({
      {"--suite dense --stages kernels", "--suite dense does not take --stages"},
      {"--suite moe --filter x", "--suite moe does not take --filter"},
      {"--filter x", "--filter needs --suite"},
      {"--suite dense --shape nothing", "bundled files"},
      {"--suite dense --shape op=nothing", "--shape:1: op: "},
      {"--suite dense --filter no/such/row", "matches none"},
      {"--suite dense --benchmark_nothing=1", "--benchmark_nothing=1"},
      {"--suite dense --benchmark_repetitions=x", "--benchmark_repetitions=x"},
      {"--suite dense --benchmark_out=/nonexistent/folder/x", "/nonexistent/folder/x"},
      {"--suite moe --benchmark_filter=x", "--benchmark_filter=x"},
      {"list --benchmark_filter=x", "--benchmark_filter=x"},
      {"--suite dense --mode warm", "--mode"},
      {"--suite dense --min-time 0", "--min-time"},
      {"--suite dense --json /nonexistent/folder/x.json", "/nonexistent/folder/x.json"},
  }));
  CAPTURE(arguments);
  const Outcome outcome = run_program(arguments);
  CHECK(outcome.code == 4);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains(message));
}

TEST_CASE("a suite's help lists its own options, and the program's the suites") {
  const Outcome help = run_program("--suite dense --help");
  CHECK(help.code == 0);
  CHECK_THAT(help.out, Contains("--shape") && Contains("--filter") && !Contains("--stages"));
  CHECK_THAT(run_program("--suite moe --help").out, Contains("--stages") && !Contains("--shape"));
  CHECK_THAT(run_program("--help").out, Contains("\n  dense ") && Contains("--suite NAME --help"));
}

TEST_CASE("ops and shapes are listed as cases take them") {
  CHECK_THAT(run_program("list ops").out, Contains("gemm\n") && Contains("moe_layer\n"));
  CHECK_THAT(run_program("list shapes").out, Contains("gemma-4-26b-a4b/sliding.q\n"));
}

TEST_CASE("end to end: tokens a second of both checkpoints in every policy, and a record that prints") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "e2e.json").string();
  const Outcome outcome =
      run_program("--suite e2e --quiet --bf16 synth:tiny-moe --pp 20 --tg 3 --depth 4 --min-time 0.02 --json " + file);
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Contains("pp20@d4") && Contains("tg3@d4") && Contains("divergence") && Contains("TTFT") &&
                              Contains("TPOT") && Contains("a scored token"));
  const Record record = read_record(file);
  CHECK(record.run.at("rows").size() == 7);
  CHECK(record.run.at("policies").size() == 4);
  CHECK_THAT(run_program("table " + file).out, Contains("| pp20@d4 | f32 | bf16 |"));
  CHECK(run_program(
            "--suite e2e --quiet --bf16 synth:tiny-moe --pp 20 --tg 0 --policy f32 --min-time 0.02 --fault skips-work")
            .code == 3);
  CHECK(run_program("--suite e2e --bf16 /nonexistent --quiet").code == 4);
  CHECK(run_program("--suite kernels --quiet --shape 'op=pp tokens=4'").code == 4);
}
