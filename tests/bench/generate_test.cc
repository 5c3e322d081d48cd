// `fp8bench generate` as a process, on the bundled checkpoint.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/house/program.h"
#include "tests/test_data.h"

using namespace fp8bench::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

std::string checkpoint() { return "'" + source_path("datasets/nano/checkpoint").string() + "'"; }

json record_of(const std::string& arguments, const TemporaryFolder& folder) {
  const std::string file = (folder.path() / "record.json").string();
  const Outcome outcome = run_program("generate " + arguments + " --json '" + file + "'");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return json::parse(read_file(file)).at("content");
}

}  // namespace

TEST_CASE("generate writes the same text every time, greedy and seeded") {
  const TemporaryFolder folder;
  const std::string base = checkpoint() + " --prompt 'one and two' --max-tokens 12 --ignore-eos";
  const json greedy = record_of(base, folder);
  CHECK(greedy.at("outputs")[0].at("tokens").size() == 12);
  CHECK(record_of(base + " --threads 1", folder) == greedy);
  CHECK(run_program("generate " + base).out == greedy["outputs"][0]["text"].get<std::string>() + "\n");

  const std::string sampled = base + " --temperature 1.5 --top-k 40 --seed ";
  const json seven = record_of(sampled + "7", folder);
  CHECK(record_of(sampled + "7 --isa portable", folder) == seven);
  CHECK(record_of(sampled + "8", folder)["outputs"] != seven["outputs"]);
  CHECK(record_of(base + " --temperature 1.5 --top-k 1", folder)["outputs"] == greedy["outputs"]);
}

TEST_CASE("generate stops before a stop string and at a stop token") {
  const TemporaryFolder folder;
  const std::string base = checkpoint() + " --prompt 'one and two' --max-tokens 12 --ignore-eos";
  const json free = record_of(base, folder)["outputs"][0];
  const std::string text = free["text"];
  REQUIRE(text.size() > 4);
  const std::string stop = text.substr(3, 2);
  const json stopped = record_of(base + " --stop '" + stop + "'", folder)["outputs"][0];
  CHECK(stopped["text"].get<std::string>() == text.substr(0, text.find(stop)));
  CHECK(stopped["tokens"].size() <= free["tokens"].size());
}

TEST_CASE("two checkpoints stand side by side, with the first differing token") {
  const TemporaryFolder folder;
  const std::string base = checkpoint() + " --prompt 'the first of' --max-tokens 40 --ignore-eos --fp8 ";
  const json same = record_of(base + checkpoint(), folder);
  CHECK(same.at("shared_tokens") == 40);
  CHECK_THAT(run_program("generate " + base + checkpoint()).out, Contains("[the same 40 tokens from both]"));
  const std::string other =
      "'quantized:" + source_path("datasets/nano/checkpoint").string() + "' --temperature 2 --seed 3";
  const json differs = record_of(base + other, folder);
  const size_t shared = differs.at("shared_tokens");
  REQUIRE(shared < 40);
  const auto& a = differs["outputs"][0]["tokens"];
  const auto& b = differs["outputs"][1]["tokens"];
  for (size_t i = 0; i < shared; ++i) CHECK(a[i] == b[i]);
  CHECK(a[shared] != b[shared]);
  CHECK_THAT(run_program("generate " + base + other).out, Contains("[A: token " + std::to_string(shared) + " is ") &&
                                                              Contains("[B: token " + std::to_string(shared) + " is "));
}

TEST_CASE("a chat is rendered by a template that is named") {
  const TemporaryFolder folder;
  folder.write("chat.jinja", "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}model:");
  folder.write("messages.json", R"([{"role": "user", "content": "one"}])");
  const std::string chat = (folder.path() / "chat.jinja").string();
  const std::string by_user =
      checkpoint() + " --user one --max-tokens 5 --ignore-eos --raw --chat-template '" + chat + "'";
  const std::string by_file = checkpoint() + " --chat '" + (folder.path() / "messages.json").string() +
                              "' --max-tokens 5 --ignore-eos --raw --chat-template '" + chat + "'";
  const json user = record_of(by_user, folder), file = record_of(by_file, folder);
  CHECK(user == file);
  CHECK(user.at("chat_template_sha256").get<std::string>().size() == 64);
}

TEST_CASE("generate refuses what it cannot do, with the reason") {
  const auto refused = [](const std::string& arguments, const std::string& reason) {
    const Outcome outcome = run_program("generate " + arguments);
    INFO(arguments << "\n" << outcome.err);
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, Contains(reason));
  };
  refused(checkpoint(), "expected --prompt");
  refused(checkpoint() + " --user hello", "chat");
  refused(checkpoint() + " --prompt a --user b", "excludes");
  refused(checkpoint() + " --prompt a --stop-token '<nothing>'", "no such token");
  refused(checkpoint() + " --prompt a --temperature -1", "temperature");
  refused("'synth:gemma-4-26b-a4b?layers=1' --prompt a", "--tokenizer");
}
