// `fp8bench quantize` of the real models against llm-compressor's files, byte by byte (make_fp8.py).
#include <catch2/catch.hpp>

#include "tests/real/real_model.h"

using namespace fp8bench;
using namespace fp8bench::test;
using nlohmann::json;

namespace {

void check_quantized(const std::filesystem::path& model, const std::string& name) {
  const json all = real_golden("fp8_hashes.json"), golden = all.at("models").at(name);
  REQUIRE(weights_hash(model) == golden.at("weights_sha256").get<std::string>());
  const TemporaryFolder folder;
  const std::filesystem::path made = folder.path() / "fp8";
  std::string command = "quantize " + quoted(model) + " " + quoted(made) + " --quiet";
  for (const json& module : all.at("ignore")) command += " --ignore '" + module.get<std::string>() + "'";
  const Outcome outcome = run_program(command);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  for (const auto& [file, hash] : golden.at("fp8_sha256").items()) {
    INFO(file);
    REQUIRE(std::filesystem::exists(made / file));
    CHECK(sha256_file(made / file) == hash.get<std::string>());
  }
}

}  // namespace

TEST_CASE("SmolLM2 quantized: every file has the bytes that llm-compressor writes") {
  FP8BENCH_REQUIRE_MODEL(model, "smollm2");
  check_quantized(model, "smollm2");
}

TEST_CASE("Gemma 3 270M quantized: every file has the bytes that llm-compressor writes") {
  FP8BENCH_REQUIRE_MODEL(model, "gemma3");
  check_quantized(model, "gemma3");
}
