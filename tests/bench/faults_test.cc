// The fault table and the attribution from outside.
#include "harness/checkpoint/faults.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/io/text_file.h"
#include "harness/report/record.h"
#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench;
using namespace fp8bench::test;
using Catch::Matchers::Contains;

namespace {

std::filesystem::path scratch_file(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("fp8bench_faults_test_" + name);
}

// Twenty short pieces of the bundled text: enough for what the tests ask, in a fraction of the time.
std::string short_text() {
  const auto path = scratch_file("ids.txt");
  std::istringstream file(read_text_file(source_path("datasets/nano/text.jsonl")));
  std::string text;
  int lines = 0;
  for (std::string line; lines < 20 && std::getline(file, line); ++lines) {
    const auto ids = nlohmann::json::parse(line).at("ids").get<std::vector<int>>();
    for (size_t i = 0; i < std::min<size_t>(ids.size(), 48); ++i) text += std::to_string(ids[i]) + " ";
    text += "\n";
  }
  write_file_atomically(path, text);
  return " --ids-file " + path.string();
}

}  // namespace

TEST_CASE("every fault is caught and blamed on its side, a clean candidate on nobody") {
  const auto path = scratch_file("faults.json");
  const Outcome outcome = run_program("--suite faults --quiet --no-sizes --no-tasks --power-targets 0 --json " +
                                      path.string() + short_text());
  CAPTURE(outcome.out, outcome.err);
  REQUIRE(outcome.code == 0);
  const auto content = read_record(path).content;
  size_t named = 0, clean = 0;
  for (const auto& row : content["candidates"]) {
    CAPTURE(row.dump());
    CHECK(row["blamed"] == (row["kind"] == "none" ? "nobody" : row["kind"]));
    row["kind"] == "none" ? ++clean : ++named;
    if (row["kind"] == "none")
      for (const auto& finding : row["findings"]) CHECK(finding != "caught");
    // Outputs alone see what is large, and not what is as small as one step of one scale.
    if (row["fault"] == "per-tensor-scales" || row["fault"] == "norm-one-plus-weight")
      for (const char* detector : {"layers", "router", "KLD"}) CHECK(row["findings"][detector] == "caught");
    if (row["fault"] == "scale-off-by-one") CHECK(row["findings"]["KLD"] == "quiet");
  }
  CHECK(named == faults().size());
  CHECK(clean >= 3);
  std::filesystem::remove(path);
}

TEST_CASE("the size just caught: the audit needs one step, outputs need more") {
  const auto path = scratch_file("sizes.json");
  const Outcome outcome =
      run_program("--suite faults --quiet --no-tasks --faults expert-scale-x2 --power-targets 2 --json " +
                  path.string() + short_text());
  CAPTURE(outcome.out, outcome.err);
  REQUIRE(outcome.code == 0);
  const auto content = read_record(path).content;
  for (const auto& row : content["candidates"]) {
    if (row["size"] == 0.0) continue;
    CAPTURE(row.dump());
    CHECK(row["findings"]["derivation"] == "caught");
    if (row["size"] < 1.02) CHECK(row["findings"]["KLD"] == "quiet");
    if (row["size"] == 4.0) CHECK(row["findings"]["KLD"] == "caught");
  }
  CHECK(content["power"]["curve"].back()["caught"] == 2);
  CHECK_THAT(outcome.out, Contains("just caught at"));
  std::filesystem::remove(path);
}

TEST_CASE("attribution: the whole is the main job's divergence, classes are smaller, nothing is nothing") {
  const auto path = scratch_file("attribution.json"), moe = scratch_file("moe.json");
  const Outcome outcome =
      run_program("--suite attribution --quiet --parts class,kv --json " + path.string() + short_text());
  CAPTURE(outcome.out, outcome.err);
  REQUIRE(outcome.code == 0);
  REQUIRE(run_program("--suite moe --quiet --stages checkpoint,quality --json " + moe.string() + short_text()).code ==
          0);
  const auto content = read_record(path).content;
  const auto& whole = content["rows"][0]["divergence"];
  CHECK(whole == read_record(moe).content["quality"]["divergence"]["fp8"]);
  for (const auto& row : content["rows"])
    if (row["group"] == "class") CHECK(row["divergence"]["kld"]["mean"]["value"] < whole["kld"]["mean"]["value"]);
  CHECK(content["sums"]["class"]["ratio"] > 0.2);
  CHECK(content["sums"]["class"]["ratio"] < 3);
  std::filesystem::remove(path);
  std::filesystem::remove(moe);
}

TEST_CASE("the suites refuse what they do not know") {
  CHECK(run_program("--suite faults --faults nothing").code == 4);
  CHECK(run_program("--suite attribution --parts nothing").code == 4);
  CHECK(run_program("--suite faults --bf16 synth:tiny-moe --record-sensitivity --power-targets 0").code == 4);
}
