#include "harness/checkpoint/generation_config.h"

#include <catch2/catch.hpp>

#include "harness/engine/bundled.h"
#include "tests/checkpoint/memory_source.h"
#include "tests/checkpoint/scratch.h"

namespace fp8bench::test {

TEST_CASE("generation_config.json: one eos or several, and how to sample") {
  const GenerationConfig one = parse_generation_config(R"({"eos_token_id": 2, "transformers_version": "x"})", "f");
  CHECK(one.eos == std::vector<int32_t>{2});
  CHECK_FALSE(one.do_sample);
  const GenerationConfig many = parse_generation_config(
      R"({"eos_token_id": [1, 106], "do_sample": true, "temperature": 0.7, "top_k": 64, "top_p": 0.95})", "f");
  CHECK(many.eos == std::vector<int32_t>{1, 106});
  CHECK(many.do_sample);
  CHECK(many.temperature == 0.7);
  CHECK(many.top_k == 64);
  CHECK(many.top_p == 0.95);
  CHECK(many.min_p == 0);
  CHECK(parse_generation_config(R"({"do_sample": true})", "f").top_k == 50);  // as transformers
}

TEST_CASE("a generation_config.json that is wrong is refused with the key") {
  const auto error = [](const char* text) {
    return input_error([&] { parse_generation_config(text, "generation_config.json"); });
  };
  CHECK(error(R"({"eos_token_id": "two"})").find("eos_token_id") != std::string::npos);
  CHECK(error(R"({"eos_token_id": [1, -1]})").find("eos_token_id") != std::string::npos);
  CHECK(error(R"({"top_p": 0})").find("top_p") != std::string::npos);
  CHECK(error(R"({"temperature": -1})").find("temperature") != std::string::npos);
  CHECK(error(R"({"min_p": 2})").find("min_p") != std::string::npos);
  CHECK(error(R"({"do_sample": 1})").find("do_sample") != std::string::npos);
  CHECK(error("{").find("generation_config.json: expected JSON") != std::string::npos);
}

TEST_CASE("the context length stands in text_config before the top level") {
  CHECK(context_length(R"({"max_position_embeddings": 8192})") == 8192);
  CHECK(context_length(R"({"max_position_embeddings": 5, "text_config": {"max_position_embeddings": 131072}})") ==
        131072);
  CHECK(context_length(R"({"n_positions": 1024})") == 1024);
  CHECK(context_length("{}") == 0);
}

TEST_CASE("a fingerprint sees every byte of a small checkpoint") {
  const auto source = [](std::byte value, const char* config) {
    std::vector<std::byte> bytes(64, std::byte{1});
    bytes[37] = value;
    auto out = std::make_shared<MemorySource>();
    out->config() = config;
    out->add("a.weight", DType::kBF16, {4, 8}, bytes);
    return out;
  };
  const std::string base = checkpoint_fingerprint(*source(std::byte{1}, "{}"));
  CHECK(base == checkpoint_fingerprint(*source(std::byte{1}, "{}")));
  CHECK(base != checkpoint_fingerprint(*source(std::byte{2}, "{}")));
  CHECK(base != checkpoint_fingerprint(*source(std::byte{1}, "{ }")));
  // Beyond the limit the middle rows are not read, the last one is.
  CHECK(checkpoint_fingerprint(*source(std::byte{1}, "{}"), 10) ==
        checkpoint_fingerprint(*source(std::byte{2}, "{}"), 10));
}

}  // namespace fp8bench::test
