// What `fp8bench list tasks` says of the data, in a folder that has it, in one that lacks some, and without any.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;

TEST_CASE("list tasks names the files that a task lacks") {
  const std::string data = source_path("tests/datasets/lmeval/data").string();
  const std::string some = run_program("list tasks --data " + data).out;
  CHECK_THAT(some, Contains("nano/add  ready\n") && Contains("piqa  ready\n") && Contains("mmlu_anatomy  ready\n"));
  CHECK_THAT(some, Contains("lambada_standard  missing eval/lambada/lambada_test_plain_text.txt\n"));
  CHECK_THAT(some, Contains("mmlu_virology  missing eval/mmlu/test/virology_test.csv\n"));
  CHECK_THAT(some, Contains("\nmmlu  missing eval/mmlu/test/abstract_algebra_test.csv and 55 more\n"));

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "fp8bench_list_test";
  std::filesystem::create_directories(folder / "eval/gsm8k");
  std::ofstream(folder / "eval/gsm8k/test.jsonl") << "{}\n";
  CHECK_THAT(run_program("list tasks --data " + folder.string()).out,
             Contains("gsm8k  ready without shots, which miss eval/gsm8k/train.jsonl\n") &&
                 Contains("piqa  missing eval/piqa/valid.jsonl, eval/piqa/valid-labels.lst\n"));

  const std::filesystem::path record = folder / "list.json";
  REQUIRE(run_program("list tasks --data " + folder.string() + " --json " + record.string()).code == 0);
  nlohmann::json json;
  std::ifstream(record) >> json;
  size_t found = 0;
  for (const nlohmann::json& task : json.at("tasks"))
    if (task.at("name") == "gsm8k" && ++found == 1)
      CHECK(task.at("missing") == nlohmann::json{"eval/gsm8k/train.jsonl"});
  CHECK(found == 1);
  std::filesystem::remove_all(folder);
}
