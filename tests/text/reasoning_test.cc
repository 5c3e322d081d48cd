#include "harness/text/reasoning.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/text/utf8.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Json = nlohmann::ordered_json;

namespace {

// The answer in chunks of `size` bytes, put together again.
Reasoning streamed(const std::string& output, size_t size) {
  ReasoningStream stream;
  std::string reasoning, content;
  const auto add = [&](const ReasoningStream::Delta& delta) {
    CHECK(is_valid_utf8(delta.reasoning));
    CHECK(is_valid_utf8(delta.content));
    reasoning += delta.reasoning;
    content += delta.content;
  };
  for (size_t at = 0; at < output.size(); at += size) add(stream.feed(output.substr(at, size)));
  add(stream.finish());
  return {stream.saw_reasoning() ? std::optional(reasoning) : std::nullopt,
          content.empty() ? std::nullopt : std::optional(content)};
}

Json as_json(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

}  // namespace

TEST_CASE("reasoning is split as vLLM splits it") {
  FP8BENCH_REQUIRE_DATA(cases, "fixtures/vllm/gemma4_reasoning_cases.jsonl");
  std::ifstream file(cases);
  int whole = 0, streams = 0;
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    INFO(row["id"]);
    const auto output = row["output"].get<std::string>();
    CHECK(reasoning_ended(output) == row["is_reasoning_end"].get<bool>());
    if (!row["streaming"].get<bool>()) {
      const Reasoning split = split_reasoning(output);
      CHECK(as_json(split.reasoning) == row["reasoning"]);
      CHECK(as_json(split.content) == row["content"]);
      ++whole;
      continue;
    }
    for (const size_t size : {1, 2, 3, 5, 7, 11, 1000}) {
      const Reasoning split = streamed(output, size);
      INFO("chunks of " << size);
      CHECK(as_json(split.reasoning) == row["reasoning"]);
      CHECK(as_json(split.content) == row["content"]);
    }
    ++streams;
  }
  CHECK(whole == 15);
  CHECK(streams == 12);
}

TEST_CASE("a stream cut anywhere gives what the whole answer gives") {
  for (const std::string output :
       {"<|channel>thought\nGrüße, 世界 😀<channel|>Antwort: é <|chan", "<|channel>thoughts are\n<channel|>",
        "<|channel>thought\n<channel|>ok", "<|channel>thought", "plain <|channel text é",
        "<|channel>a<channel|><|channel>b<channel|>"}) {
    INFO(output);
    const Reasoning whole = split_reasoning(output);
    for (size_t size = 1; size <= output.size(); ++size) {
      const Reasoning split = streamed(output, size);
      CHECK(split.reasoning == whole.reasoning);
      CHECK(split.content == whole.content);
    }
  }
}

TEST_CASE("text is passed on as soon as it cannot be a tag") {
  ReasoningStream stream;
  CHECK(stream.feed("<|channel>thou").reasoning.empty());
  CHECK(stream.feed("ght\nabc<chan").reasoning == "abc");
  CHECK(stream.feed("ce").reasoning == "<chance");
  CHECK(stream.feed("\xC3").reasoning.empty());
  CHECK(stream.feed("\xA9<channel|>x").reasoning == "é");
}

TEST_CASE("a new turn or a tool's response starts new thoughts") {
  CHECK(reasoning_ended("<|channel>a<channel|>b"));
  CHECK_FALSE(reasoning_ended("<|channel>a<channel|>b<|turn>model\n"));
  CHECK_FALSE(reasoning_ended("<|tool_call>call:f{}<tool_call|><|tool_response>"));
  CHECK(reasoning_ended("<|tool_response>x<tool_response|><|channel>a<channel|>"));
  CHECK_FALSE(reasoning_ended(""));
}
