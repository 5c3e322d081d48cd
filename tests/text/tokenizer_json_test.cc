// tokenizer.json without outside data: every part against the real library's recorded ids, and every way to be broken.
#include <catch2/catch.hpp>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/text/regex.h"
#include "harness/text/tokenizer.h"
#include "tests/test_data.h"
#include "tests/text/small_tokenizer.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using nlohmann::json;
using Ids = std::vector<int32_t>;

namespace {

std::unique_ptr<const Tokenizer> parse(const json& file, const TokenizerConfig& config = {}) {
  return parse_tokenizer_json(file.dump(), "file", config);
}

std::string refusal(const json& file) {
  try {
    parse(file);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

json with(const char* pointer, const json& value) {
  json file = test::small_tokenizer();
  file[json::json_pointer(pointer)] = value;
  return file;
}

}  // namespace

TEST_CASE("every part of tokenizer.json does what Hugging Face's library does") {
  const json golden = json::parse(read_text_file(test::source_path("tests/goldens/text/small_tokenizers.json")));
  CHECK(golden["cases"].size() >= 30);
  for (const json& item : golden["cases"]) {
    const auto tokenizer = parse(item["tokenizer"]);
    for (const json& example : item["items"]) {
      const auto text = example["text"].get<std::string>();
      const auto ids = example["ids"].get<Ids>();
      CAPTURE(item["name"], text);
      CHECK(tokenizer->encode(text, false) == ids);
      // The library puts BOS before a text that begins with it; here it is there once.
      auto with_special = example["with_special"].get<Ids>();
      if (with_special.size() > 1 && text.starts_with("<s>") && with_special[0] == with_special[1])
        with_special.erase(with_special.begin());
      CHECK(tokenizer->encode(text, true) == with_special);
      CHECK(tokenizer->decode(ids, false) == example["decoded"].get<std::string>());
      // The library forgets that a token is special where the normalizer changes its text; here it is skipped all the
      // same.
      const bool forgets = item["name"] == "llama2" && text.find("<mask>") != std::string::npos;
      if (!forgets) CHECK(tokenizer->decode(ids, true) == example["decoded_skip"].get<std::string>());
      StreamDecoder stream(*tokenizer, false);
      std::string streamed;
      for (const int32_t id : ids) streamed += stream.push(id).value_or("");
      streamed += stream.finish();
      if (item["tokenizer"]["decoder"].is_object()) CHECK(streamed == example["decoded"].get<std::string>());
    }
  }
}

TEST_CASE("a small tokenizer knows its tokens") {
  const auto tokenizer = parse(test::small_tokenizer());
  CHECK(tokenizer->vocab_size() == 9);
  CHECK(tokenizer->base_size() == 8);
  CHECK(tokenizer->bos() == 8);
  CHECK_FALSE(tokenizer->eos());
  CHECK(tokenizer->is_special(8));
  CHECK_FALSE(tokenizer->is_special(5));
  CHECK(tokenizer->piece(7) == "llo");
  CHECK(tokenizer->id_of("<s>") == 8);
  CHECK(tokenizer->id_of("he") == 5);
  CHECK_FALSE(tokenizer->id_of("x"));
  CHECK(tokenizer->encode("hello", true) == Ids{8, 5, 7});
  CHECK(tokenizer->encode("<s>hello", true) == Ids{8, 5, 7});
  CHECK(tokenizer->encode("", true) == Ids{8});
  CHECK(tokenizer->encode("hxyo", false) == Ids{0, 4, 4, 3});
  CHECK(tokenizer->decode(Ids{8, 5, 7}, true) == "hello");
  CHECK_THROWS_WITH(tokenizer->decode(Ids{9}, false), Contains("file: ") && Contains("0 to 8") && Contains("found 9"));
  CHECK_THROWS_AS(tokenizer->piece(-1), InputError);
}

TEST_CASE("tokenizer_config.json says whether a text gets BOS and EOS") {
  TokenizerConfig config = parse_tokenizer_config(
      R"({"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "he", "add_bos_token": false, "add_eos_token": true,
          "chat_template": "x", "model_max_length": 1e30})",
      "config");
  auto tokenizer = parse(test::small_tokenizer(), config);
  CHECK(tokenizer->bos() == 8);
  CHECK(tokenizer->eos() == 5);
  CHECK(tokenizer->encode("o", true) == Ids{3, 5});
  config.add_bos = true;
  CHECK(parse(with("/post_processor", nullptr), config)->encode("o", true) == Ids{8, 3, 5});
  config.add_bos = std::nullopt;
  CHECK(parse(test::small_tokenizer(), config)->encode("o", true) == Ids{8, 3, 5});
  config.eos = "</s>";
  CHECK_THROWS_WITH(parse(test::small_tokenizer(), config), Contains("eos_token") && Contains("</s>"));
  CHECK_THROWS_WITH(parse_tokenizer_config(R"({"bos_token": 5})", "config"), Contains("config: bos_token"));
  CHECK_THROWS_WITH(parse_tokenizer_config(R"({"add_bos_token": "yes"})", "config"), Contains("add_bos_token"));
}

TEST_CASE("a tokenizer of another model is refused") {
  const auto tokenizer = parse(test::small_tokenizer());
  CHECK_NOTHROW(check_vocabulary(*tokenizer, 9));
  CHECK_NOTHROW(check_vocabulary(*tokenizer, 8));  // <s> has no embedding: no text needs it
  CHECK_THROWS_WITH(check_vocabulary(*tokenizer, 7), Contains("at most the model's 7 tokens, found 8"));
  CHECK_THROWS_WITH(check_vocabulary(*tokenizer, 32000), Contains("32000 tokens, found only 9"));
}

TEST_CASE("a broken tokenizer.json is refused with the key that is wrong") {
  REQUIRE(refusal(test::small_tokenizer()) == "accepted");
  const json token = {{"id", 8}, {"content", "<s>"}};
  const auto [pointer, value, key] = GENERATE_COPY(table<const char*, json, std::string>({
      {"/version", "2.0", "version"},
      {"/truncation", json{{"max_length", 5}}, "truncation"},
      {"/padding", json{{"strategy", "x"}}, "padding"},
      {"/surprise", 1, "surprise"},
      {"/normalizer", json{{"type", "Lowercase"}}, "normalizer.type"},
      {"/normalizer", json::array(), "normalizer"},
      {"/normalizer", json{{"type", "NFC"}, {"more", 1}}, "normalizer.more"},
      {"/normalizer", json{{"type", "Replace"}, {"content", "x"}}, "normalizer.pattern"},
      {"/normalizer", json{{"type", "Replace"}, {"pattern", {{"String", ""}}}, {"content", "x"}},
       "normalizer.pattern.String"},
      {"/normalizer", json{{"type", "Sequence"}, {"normalizers", {{{"type", "BertNormalizer"}}}}},
       "normalizers[0].type"},
      {"/normalizer", json{{"type", "Prepend"}, {"prepend", std::string(300, 'x')}}, "normalizer: "},
      {"/pre_tokenizer", json{{"type", "Whitespace"}}, "pre_tokenizer.type"},
      {"/pre_tokenizer", json{{"type", 7}}, "pre_tokenizer.type"},
      {"/pre_tokenizer", json{{"type", "Split"}, {"pattern", {{"Regex", "("}}}, {"behavior", "Isolated"}},
       "pattern.Regex"},
      {"/pre_tokenizer", json{{"type", "Split"}, {"pattern", {{"Regex", "\\w+"}}}, {"behavior", "Isolated"}},
       "pattern.Regex"},
      {"/pre_tokenizer", json{{"type", "Split"}, {"pattern", {{"String", "a"}}}, {"behavior", "Glued"}}, "behavior"},
      {"/pre_tokenizer", json{{"type", "Digits"}, {"individual_digits", "yes"}}, "individual_digits"},
      {"/pre_tokenizer", json{{"type", "Metaspace"}, {"prepend_scheme", "last"}}, "prepend_scheme"},
      {"/pre_tokenizer", json{{"type", "Sequence"}, {"pretokenizers", 3}}, "pretokenizers"},
      {"/decoder", json{{"type", "WordPiece"}}, "decoder.type"},
      {"/decoder", json{{"type", "Strip"}, {"content", "ab"}, {"start", 1}, {"stop", 0}}, "decoder.content"},
      {"/decoder", json{{"type", "Strip"}, {"content", " "}, {"start", -1}, {"stop", 0}}, "decoder.start"},
      {"/post_processor", json{{"type", "BertProcessing"}}, "post_processor.type"},
      {"/post_processor/single", json::array(), "post_processor.single"},
      {"/post_processor/special_tokens/<s>/ids", json{9}, "post_processor"},
      {"/post_processor/special_tokens/<s>/ids", json{-1}, "special_tokens.<s>.ids"},
      {"/post_processor/special_tokens", json::object(), "special_tokens.<s>"},
      {"/model", nullptr, "model"},
      {"/model/type", "Unigram", "model.type"},
      {"/model/vocab", json::array(), "model.vocab"},
      {"/model/vocab/h", "0", "model.vocab.h"},
      {"/model/vocab/h", -1, "model.vocab.h"},
      {"/model/vocab/h", 1.5, "model.vocab.h"},
      {"/model/vocab/h", 1e18, "model.vocab.h"},
      {"/model/vocab/h", 1u << 31, "model.vocab.h"},
      {"/model/vocab/x", 3, "model.vocab.x"},
      {"/model/merges", nullptr, "model.merges"},
      {"/model/merges/1", "l  l", "model.merges[1]"},
      {"/model/merges/1", "ll", "model.merges[1]"},
      {"/model/merges/1", 5, "model.merges[1]"},
      {"/model/merges/1", json{"l", "l", "o"}, "model.merges[1]"},
      {"/model/merges/0", json{"h", "x"}, "model.merges[0]"},
      {"/model/merges/0", json{"e", "h"}, "model.merges[0]"},
      {"/model/merges/0", json{"", "h"}, "model.merges[0]"},
      {"/model/dropout", 0.1, "model.dropout"},
      {"/model/unk_token", "<unk>", "model.unk_token"},
      {"/model/continuing_subword_prefix", "##", "model.continuing_subword_prefix"},
      {"/model/end_of_word_suffix", "</w>", "model.end_of_word_suffix"},
      {"/model/byte_fallback", 1, "model.byte_fallback"},
      {"/model/novelty", true, "model.novelty"},
      {"/added_tokens", json::object(), "added_tokens"},
      {"/added_tokens/0/id", 7, "added_tokens[0]"},
      {"/added_tokens/0/content", "he", "added_tokens[0]"},
      {"/added_tokens/0/content", "", "added_tokens[0].content"},
      {"/added_tokens/0/id", 1 << 30, "added_tokens[0].id"},
      {"/added_tokens/0/lstrip", 1, "added_tokens[0].lstrip"},
      {"/added_tokens/0/colour", 1, "added_tokens[0].colour"},
      {"/added_tokens", json{token, token}, "added_tokens[1]"},
  }));
  CAPTURE(pointer, value.dump());
  CHECK_THAT(refusal(with(pointer, value)), Contains("file: ") && Contains(key) && Contains("expected"));
}

TEST_CASE("text that is no JSON, is cut off, or says a key twice is refused") {
  const std::string whole = test::small_tokenizer().dump();
  for (size_t size = 0; size < whole.size(); size += 7)
    CHECK_THROWS_AS(parse_tokenizer_json(whole.substr(0, size), "file"), InputError);
  const std::string twice = R"({"version": "1.0", "model": {"vocab": {"a": 0, "a": 1}}})";
  CHECK_THROWS_WITH(parse_tokenizer_json(twice, "file"), Contains("file") && Contains("twice"));
  CHECK_THROWS_AS(parse_tokenizer_json(std::string(1000, '['), "file"), InputError);
}

TEST_CASE("parts that would blow a text up are refused before there is one") {
  json steps = json::array();
  for (int i = 0; i < 30; ++i)
    steps.push_back({{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
  CHECK_THAT(refusal(with("/normalizer", {{"type", "Sequence"}, {"normalizers", steps}})), Contains("normalizer: "));
  CHECK_THAT(refusal(with("/decoder", {{"type", "Sequence"}, {"decoders", steps}})), Contains("decoder: "));
  json bytes = json::array();
  for (int i = 0; i < 30; ++i) bytes.push_back({{"type", "ByteLevel"}});
  CHECK_THAT(refusal(with("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", bytes}})),
             Contains("pre_tokenizer: "));
}

TEST_CASE("regular expressions are translated where that is exact and refused where it is not") {
  CHECK(translate_regex(R"(\s+(?!\S)|[^\s\p{L}])", "x") ==
        R"([\t-\r\x{85}\p{Z}]+(?![^\t-\r\x{85}\p{Z}])|[^\t-\r\x{85}\p{Z}\p{L}])");
  CHECK(translate_regex(R"(\p{L}+|\x{85}+|\n+)", "x") == R"(\p{L}+|\x{85}+|\n+)");
  const std::string pattern = GENERATE("\\", "\\p", "\\p{", "\\x{", R"(\w)", R"(\bx)", R"([\S])", "[a[b]]", "[a&&b]",
                                       "a{2}+", "(*UTF)x", "[]a]", "[^]a]", R"(\Kx)", "(");
  CAPTURE(pattern);
  CHECK_THROWS_WITH(Regex(pattern, "key"), Contains("key: expected"));
}

TEST_CASE("load_tokenizer says what it looked for") {
  CHECK_THROWS_WITH(load_tokenizer(test::source_path("tests/text")), Contains("tokenizer.json or tokenizer.model"));
  CHECK_THROWS_WITH(load_tokenizer(test::source_path("README.md")), Contains("README.md"));
  CHECK_THROWS_AS(load_tokenizer(test::source_path("no such file.json")), InputError);
  CHECK_THROWS_WITH(parse_sentencepiece("no model", "spm"), Contains("spm: expected a SentencePiece model"));
  const auto nano = load_tokenizer(test::source_path("datasets/nano/checkpoint"));
  CHECK(nano->vocab_size() == 1536);
  CHECK(nano->bos() == 2);
  const auto pieces = load_tokenizer(test::source_path("datasets/nano/checkpoint/tokenizer.model"));
  CHECK(pieces->vocab_size() == 1536);
  const std::string text = "Hello, the cat has 12 apples.\n\nNo  more \u20ac";
  CHECK(nano->encode(text, false) == pieces->encode(text, false));
  CHECK(nano->decode(nano->encode(text, true), true) == text);
  CHECK(pieces->decode(pieces->encode(text, true), true) == text);
  CHECK(pieces->id_of("<bos>") == 2);
  CHECK_FALSE(pieces->id_of("no such piece"));
  CHECK(pieces->decode(pieces->encode("a", true), false).starts_with("<bos>"));
  CHECK_THROWS_AS(pieces->decode(Ids{99999}, false), InputError);
}
