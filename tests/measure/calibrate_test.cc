// The command as a user meets it, on a part of the table.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/report/record.h"
#include "tests/house/program.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;

TEST_CASE("the command calibrate prints a table, keeps it and writes a record") {
  const TemporaryFolder folder;
  const std::string cache = folder.path().string(), record_file = (folder.path() / "c.json").string();
  const Outcome outcome =
      run_shell("FP8BENCH_CACHE='" + cache +
                "' '" FP8BENCH_PROGRAM "' calibrate --quiet --threads 2 --only .l1. --json '" + record_file + "'");
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  for (const char* text : {"read.l1", "write.l1", "copy.l1", "GB/s", "1 thread", "virtualization", "steal", "key "})
    CHECK_THAT(outcome.out, Contains(text));
  CHECK_THAT(outcome.out, !Contains("read.l2"));

  const fp8bench::Record record = fp8bench::read_record(record_file);
  CHECK(record.run.at("measured").at("read.l1.one").at("value").get<double>() > 0.0);
  CHECK(record.run.at("kept").at("read.l1.all").at("unit") == "GB/s");
  CHECK(record.run.at("machine").at("threads") == 2);
  CHECK_THAT(record.run.at("command").get<std::string>(), Contains("calibrate --quiet --threads 2"));
  const auto kept = nlohmann::json::parse(read_file(folder.path() / "ceilings.json"));
  CHECK(kept.contains(record.run.at("machine").at("key").get<std::string>()));
}

TEST_CASE("what this machine lacks is named in the table of the command calibrate") {
  const TemporaryFolder folder;
  const Outcome outcome = run_shell("FP8BENCH_CACHE='" + folder.path().string() +
                                    "' '" FP8BENCH_PROGRAM "' calibrate --quiet --only bf16.");
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Contains("bf16.avx512bf16") && Contains("bf16.amx"));
}

TEST_CASE("the command calibrate refuses what it does not know") {
  const Outcome outcome = run_program("calibrate --only l9");
  CHECK(outcome.code == 4);
  CHECK_THAT(outcome.err, Contains("l9"));
  CHECK(outcome.out.empty());
}
