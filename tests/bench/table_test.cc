// The README's table comes from a record, never from a keyboard.
#include <catch2/catch.hpp>
#include <filesystem>

#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "tests/house/program.h"

using namespace fp8bench;
using namespace fp8bench::test;
using Catch::Matchers::Contains;

namespace {

Record small_record() {
  Record record;
  record.content = {
      {"policy", "f32"}, {"verdict", {{"line", "PASS"}}}, {"checkpoint", {{"bf16_bytes", 200}, {"fp8_bytes", 110}}}};
  record.run = {
      {"bf16", "nano"},
      {"command", "fp8bench --suite moe"},
      {"machine", {{"cpu", "a processor"}, {"threads", 2}, {"isa", "avx2"}, {"version", "0.1.0"}, {"revision", "abc"}}},
      {"kernels",
       {{{"op", "whole MoE layer"}, {"tokens", 8}, {"status", "ok"}, {"ratio", {1.5, 1.4, 1.6}}},
        {{"op", "whole MoE layer"}, {"tokens", 1}, {"status", "dropped"}}}}};
  return record;
}

}  // namespace

TEST_CASE("table prints the figures of a record and fills a page between its markers") {
  const auto folder = std::filesystem::temp_directory_path() / "fp8bench_table_test";
  std::filesystem::create_directories(folder);
  write_record(folder / "record.json", small_record());
  const Outcome printed = run_program("table " + (folder / "record.json").string());
  CHECK(printed.code == 0);
  CHECK_THAT(printed.out, Contains("| size, FP8 / BF16 | 55.00 % |"));
  CHECK_THAT(printed.out, Contains("1.50x at 8 |"));

  write_file_atomically(folder / "page.md",
                        "# a\n<!-- generated: fp8bench table -->\nold\n<!-- end of generated -->\nb\n");
  CHECK(run_program("table " + (folder / "record.json").string() + " --readme " + (folder / "page.md").string()).code ==
        0);
  const std::string page = read_text_file(folder / "page.md");
  CHECK_THAT(page, Contains("55.00 %") && !Contains("old") && Contains("<!-- end of generated -->\nb\n"));

  write_file_atomically(folder / "bare.md", "# a\n");
  const Outcome bare =
      run_program("table " + (folder / "record.json").string() + " --readme " + (folder / "bare.md").string());
  CHECK(bare.code == 4);
  CHECK_THAT(bare.err, Contains("bare.md"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("several records become one row each, with who saw the fault") {
  const auto folder = std::filesystem::temp_directory_path() / "fp8bench_fault_table_test";
  std::filesystem::create_directories(folder);
  Record clean = small_record(), faulty = small_record();
  clean.content["fault"] = "";
  clean.content["verdict"] = {{"exit", 0}, {"line", "PASS"}, {"detected_by", nlohmann::json::array()}};
  faulty.content["fault"] = "code-flipped";
  faulty.content["verdict"] = {{"exit", 3}, {"line", "INVALID"}, {"detected_by", {"integrity", "derivation"}}};
  write_record(folder / "a.json", clean);
  write_record(folder / "b.json", faulty);
  const Outcome printed = run_program("table " + (folder / "a.json").string() + " " + (folder / "b.json").string());
  CHECK(printed.code == 0);
  CHECK_THAT(printed.out, Contains("| none | 0 | refused |") && Contains("| nobody |"));
  CHECK_THAT(printed.out, Contains("| code-flipped | 3 |") && Contains("| integrity, derivation |"));
  std::filesystem::remove_all(folder);
}
