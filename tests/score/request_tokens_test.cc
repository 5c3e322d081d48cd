// Against lm-evaluation-harness's own code: tests/goldens/lmeval/make_requests.py.
#include "harness/score/request_tokens.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "tests/test_data.h"

namespace fp8bench::test {
namespace {

using nlohmann::json;

json as_json(const ScoredSequence& sequence) { return {{"ids", sequence.ids}, {"scored", sequence.scored}}; }

}  // namespace

TEST_CASE("requests become the tokens that lm-eval makes of them") {
  const json golden = json::parse(read_text_file(source_path("tests/goldens/lmeval/requests.json")));
  TokenizerConfig config;
  config.bos = std::string("<bos>");
  config.eos = std::string("<eos>");
  const std::string file = source_path("datasets/nano/checkpoint/tokenizer.json").string();
  const auto tokenizer = parse_tokenizer_json(read_text_file(file), file, config);
  int64_t refused = 0;
  for (const json& c : golden.at("cases")) {
    RequestTokenOptions options{.max_length = c.at("max_length").get<int64_t>(), .special = {}};
    if (!c.at("add_bos").is_null()) options.special = c.at("add_bos").get<bool>();
    INFO("add_bos " << c.at("add_bos").dump() << ", max_length " << options.max_length);
    const RequestTokens tokens(*tokenizer, options);
    for (size_t i = 0; i < golden.at("pairs").size(); ++i) {
      const json& pair = golden["pairs"][i];
      INFO("pair " << pair.dump());
      const std::string context = pair[0].get<std::string>(), continuation = pair[1].get<std::string>();
      if (c.at("pairs")[i].is_null()) {
        ++refused;
        CHECK_THROWS_AS(tokens.pair(context, continuation), InputError);
      } else {
        CHECK(as_json(tokens.pair(context, continuation)) == c["pairs"][i]);
      }
      CHECK(json(tokens.prompt(context, golden.at("room").get<int64_t>())) == c.at("prompts")[i]);
    }
    for (size_t i = 0; i < golden.at("texts").size(); ++i) {
      INFO("text " << golden["texts"][i].dump());
      json windows = json::array();
      for (const ScoredSequence& window : tokens.rolling(golden["texts"][i].get<std::string>()))
        windows.push_back(as_json(window));
      CHECK(windows == c.at("rolling")[i]);
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("a generation needs room for its prompt") {
  const std::string file = source_path("datasets/nano/checkpoint/tokenizer.json").string();
  TokenizerConfig config;
  CHECK_THROWS_AS(
      RequestTokens(*parse_tokenizer_json(read_text_file(file), file, config), {.max_length = 0, .special = {}}),
      InputError);
  config.bos = std::string("<bos>");
  const auto tokenizer = parse_tokenizer_json(read_text_file(file), file, config);
  const RequestTokens tokens(*tokenizer, {.max_length = 8, .special = {}});
  CHECK_THROWS_AS(tokens.prompt("a", 8), InputError);
  CHECK(tokens.prompt("a b c d", 7).size() == 1);
}

TEST_CASE("white space at the end is what Python strips") {
  CHECK(length_without_trailing_space("a \n\t") == 1);
  CHECK(length_without_trailing_space("a\xC2\xA0\xE3\x80\x80") == 1);  // no-break space, ideographic space
  CHECK(length_without_trailing_space("a\x1C") == 1);                  // Python counts the separators
  CHECK(length_without_trailing_space("a\xE2\x80\x8B") == 4);          // not the zero-width space
  CHECK(length_without_trailing_space(" \xC3\xBC") == 3);
  CHECK(length_without_trailing_space("  ") == 0);
}

}  // namespace fp8bench::test
