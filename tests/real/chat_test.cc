// Chats of the real model SmolLM2-135M-Instruct against the real lm-eval, item by item (make_chat_goldens.py): label
// "real", runs where FP8BENCH_REAL and FP8BENCH_DATA are set.
#include <catch2/catch.hpp>

#include "tests/real/real_model.h"

using namespace fp8bench::test;
using nlohmann::json;

namespace {

constexpr double kTolerance = 1e-3;  // nats of a float32 sum; a wrong token exceeds it by far

std::string options_of(const json& run) {
  std::string out = " --apply-chat-template --tasks " + run.at("task").get<std::string>() + " --limit " +
                    std::to_string(run.at("limit").get<int>()) + " --num-fewshot " +
                    std::to_string(run.at("num_fewshot").get<int>());
  out += run.at("fewshot_as_multiturn").get<bool>() ? " --fewshot-as-multiturn true" : " --fewshot-as-multiturn false";
  if (run.at("system_instruction").is_string())
    out += " --system-instruction '" + run["system_instruction"].get<std::string>() + "'";
  if (run.at("gen_kwargs").is_string()) out += " --gen-kwargs " + run["gen_kwargs"].get<std::string>();
  return out;
}

void check_row(const json& expected, const json& found) {
  CHECK(found.at("doc_id") == expected.at("doc_id"));
  CHECK(found.at("filter") == expected.at("filter"));
  CHECK(found.at("prompt_hash") == expected.at("prompt_hash"));
  for (const auto& [name, value] : expected.at("metrics").items())
    CHECK(found.at(name).get<double>() == Approx(value.get<double>()));
  REQUIRE(found.at("resps").size() == expected.at("resps").size());
  for (size_t r = 0; r < expected["resps"].size(); ++r) {
    const json &answer = found["resps"][r][0], &golden = expected["resps"][r];
    if (golden.is_string()) {
      CHECK(fp8bench::sha256_hex(answer.get<std::string>()) == golden);
      continue;
    }
    CHECK(std::abs(std::stod(answer[0].get<std::string>()) - golden[0].get<double>()) <= kTolerance);
    CHECK((answer[1] == "True") == golden[1].get<bool>());
  }
}

}  // namespace

TEST_CASE("chats on SmolLM2: prompts, log-likelihoods and generated texts as lm-eval has them") {
  FP8BENCH_REQUIRE_MODEL(model, "smollm2");
  FP8BENCH_REQUIRE_DATA(data, "eval/gsm8k");
  const json goldens = read_json(source_path("tests/real/smollm2_chat.json"));
  for (const json& run : goldens.at("runs")) {
    const TemporaryFolder folder;
    const std::filesystem::path samples = folder.path() / "s.jsonl";
    const Outcome outcome =
        run_program("eval " + quoted(model) + " --max-length 2048 --samples " + quoted(samples) + options_of(run));
    INFO(options_of(run) << "\n" << outcome.err);
    REQUIRE(outcome.code == 0);
    const std::vector<json> lines = json_lines(samples);
    REQUIRE(lines.size() == run.at("rows").size());
    for (size_t i = 0; i < lines.size(); ++i) check_row(run["rows"][i], lines[i]);
  }
}
