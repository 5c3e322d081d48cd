#include "harness/report/record.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>

#include "harness/io/error.h"
#include "harness/io/text_file.h"

using namespace fp8bench;

TEST_CASE("canonical JSON sorts keys and is compact") {
  nlohmann::json value;
  value["b"] = 1;
  value["a"] = {0.1, 1e-30, -0.0, 3};
  CHECK(canonical_json(value) == R"({"a":[0.1,1e-30,-0.0,3],"b":1})");
}

TEST_CASE("a figure that is not a number is refused with its path") {
  const nlohmann::json value = {{"quality", {{"kld", {0.0, std::numeric_limits<double>::quiet_NaN()}}}}};
  CHECK_THROWS_WITH(canonical_json(value), Catch::Contains(".quality.kld[1]"));
}

TEST_CASE("the content hash ignores the run section and sees every edit of the content") {
  Record record{{{"kld", 0.5}}, {{"seconds", 1.0}}};
  const std::string hash = content_hash(record);
  record.run["seconds"] = 2.0;
  CHECK(content_hash(record) == hash);
  record.content["kld"] = 0.5000000000000001;
  CHECK(content_hash(record) != hash);
}

TEST_CASE("records survive a round trip and an edited one is refused") {
  const auto path = std::filesystem::temp_directory_path() / "fp8bench_record_test.json";
  const Record record{{{"kld", 0.125}}, {{"seconds", 1.0}}};
  write_record(path, record);
  CHECK(read_record(path).content == record.content);
  std::string text = read_text_file(path);
  text.replace(text.find("0.125"), 5, "0.120");
  write_file_atomically(path, text);
  CHECK_THROWS_AS(read_record(path), CheckError);
  write_file_atomically(path, "{\"schema\": 99}");
  CHECK_THROWS_WITH(read_record(path), Catch::Contains("schema: expected 1, found 99"));
  write_file_atomically(path, "not json");
  CHECK_THROWS_AS(read_record(path), InputError);
  std::filesystem::remove(path);
}

TEST_CASE("a path that is not UTF-8 does not prevent a record, whose hash still holds") {
  const auto path = std::filesystem::temp_directory_path() / "fp8bench_record_utf8_test.json";
  const Record record{{{"bf16", "caf\xE9"}}, {{"command", "fp8bench \xFF"}}};
  write_record(path, record);
  CHECK(read_record(path).content["bf16"] == "caf\xEF\xBF\xBD");
  std::filesystem::remove(path);
}
