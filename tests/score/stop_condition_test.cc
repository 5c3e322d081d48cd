#include "harness/score/stop_condition.h"

#include <catch2/catch.hpp>

#include "harness/io/text_file.h"
#include "tests/test_data.h"

namespace fp8bench::test {
namespace {

std::unique_ptr<const Tokenizer> bundled_tokenizer() {
  TokenizerConfig config;
  config.bos = std::string("<bos>");
  config.eos = std::string("<eos>");
  const std::string file = source_path("datasets/nano/checkpoint/tokenizer.json").string();
  return parse_tokenizer_json(read_text_file(file), file, config);
}

// How many tokens are written of a text that goes on, and what is left of it.
std::pair<size_t, std::string> stopped(const StopCondition& stop, const std::vector<int32_t>& ids) {
  for (size_t count = 1; count <= ids.size(); ++count)
    if (stop.reached(std::span(ids).first(count))) return {count, stop.text(std::span(ids).first(count))};
  return {0, stop.text(ids)};
}

}  // namespace

TEST_CASE("a generation ends at an eos token or once a stop string stands in its last tokens") {
  const auto tokenizer = bundled_tokenizer();
  const auto encode = [&](const std::string& text) { return tokenizer->encode(text, false); };
  const StopCondition stop(*tokenizer, {"Question:", "\n\n", ""}, {*tokenizer->eos(), 77});
  CHECK(stopped(stop, encode("the answer is 4")) == std::pair<size_t, std::string>{0, "the answer is 4"});
  const auto [count, text] = stopped(stop, encode("4.\nQuestion: what else?\nAnswer: 5"));
  CHECK(text == "4.\n");
  CHECK(count > 0);
  CHECK(count < encode("4.\nQuestion: what else?\nAnswer: 5").size());
  CHECK(stopped(stop, encode("one\n\ntwo")).second == "one");
  std::vector<int32_t> ended = encode("so");
  const size_t length = ended.size();
  ended.push_back(*tokenizer->eos());
  ended.push_back(encode("on")[0]);
  CHECK(stopped(stop, ended) == std::pair<size_t, std::string>{length + 1, "so"});  // special tokens are no text
  ended[length] = 77;
  CHECK(stopped(stop, ended).first == length + 1);
  CHECK_FALSE(stop.reached({}));
}

TEST_CASE("a text is cut at every stop string, one after the other") {
  const auto tokenizer = bundled_tokenizer();
  const StopCondition stop(*tokenizer, {"b", "a"}, {});
  CHECK(stop.text(tokenizer->encode("x a y b z", false)) == "x ");
}

}  // namespace fp8bench::test
