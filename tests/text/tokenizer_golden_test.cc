// Ids and texts of the real libraries, for every string that was recorded from them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/io/error.h"
#include "harness/io/text_file.h"
#include "harness/text/tokenizer.h"
#include "harness/text/utf8.h"
#include "tests/test_data.h"
#include "tests/text/gzip.h"

using namespace fp8bench;
using nlohmann::json;
using Ids = std::vector<int32_t>;

namespace {

constexpr const char* kGoldens = "goldens/text_and_stats/tokenizer";
constexpr const char* kGemma4 = "tokenizer/gemma4/tokenizer.derived.json.gz";

// Reading 33 MB takes a second: once is enough.
const Tokenizer& gemma4() {
  static const auto tokenizer = parse_tokenizer_json(test::read_gzip(test::data_path(kGemma4)), kGemma4);
  return *tokenizer;
}

const Tokenizer& smollm2() {
  static const auto tokenizer = parse_tokenizer_json(
      test::read_gzip(test::data_path(std::string(kGoldens) + "/smollm2_tokenizer.json.gz")), "smollm2");
  return *tokenizer;
}

// The Gemma 3 files are not in the data folder, but can be made: FP8BENCH_GEMMA3 names the folder or the file.
const Tokenizer* gemma3() {
  const char* path = std::getenv("FP8BENCH_GEMMA3");
  if (path == nullptr) return nullptr;
  static const auto tokenizer = load_tokenizer(path);
  return tokenizer.get();
}

const Tokenizer* tokenizer_of(const std::string& name) {
  return name == "smollm2" ? &smollm2() : name == "gemma3" ? gemma3() : &gemma4();
}

std::vector<json> lines(const std::string& text) {
  std::vector<json> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(json::parse(line));
  return all;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// The texts of a token by token decode must be the recorded ones, and what is left at the end the rest.
bool streams_as(const Tokenizer& tokenizer, const Ids& ids, bool skip_special, const json& expected) {
  StreamDecoder decoder(tokenizer, skip_special);
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::optional<std::string> text = decoder.push(ids[i]);
    const json& want = expected.at(i);
    if (want.is_object()) continue;  // the library fails there
    if (text.has_value() == want.is_null() || (text && *text != want.get<std::string>())) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("250 hard strings have the ids and the decodes of Hugging Face's tokenizers") {
  const std::string name = GENERATE("smollm2", "gemma4_derived", "gemma3");
  FP8BENCH_REQUIRE_DATA(folder, "goldens/text_and_stats/tokenizer");
  const Tokenizer* tokenizer = tokenizer_of(name);
  if (tokenizer == nullptr) FP8BENCH_SKIP("set FP8BENCH_GEMMA3 to a folder with Gemma 3's tokenizer.json");
  const std::vector<json> golden = lines(test::read_gzip(folder / (name + ".jsonl.gz")));
  const json& header = golden.front();
  CHECK(tokenizer->vocab_size() == header["vocab_size"]);
  size_t equal = 0;
  for (size_t i = 1; i < golden.size(); ++i) {
    const json& item = golden[i];
    const auto text = item["text"].get<std::string>();
    const auto ids = item["ids"].get<Ids>();
    CAPTURE(name, item["id"], text);
    CHECK(tokenizer->encode(text, false) == ids);
    CHECK(tokenizer->decode(ids, false) == item.value("decoded", text));
    CHECK(tokenizer->decode(ids, true) == item.value("decoded_skip", text));
    auto with_special = header["add_special_tokens_prefix"].get<Ids>();
    if (!std::equal(with_special.begin(), with_special.end(), ids.begin(),
                    ids.begin() + std::min(ids.size(), with_special.size())))
      with_special.insert(with_special.end(), ids.begin(), ids.end());
    else
      with_special = ids;  // the text begins with <bos> already
    CHECK(tokenizer->encode(text, true) == with_special);
    ++equal;
  }
  CHECK(equal == 250);
}

TEST_CASE("tokens decoded one by one give the texts of Hugging Face's DecodeStream") {
  const std::string name = GENERATE("smollm2", "gemma4_derived", "gemma3");
  FP8BENCH_REQUIRE_DATA(folder, "goldens/text_and_stats/tokenizer");
  const Tokenizer* tokenizer = tokenizer_of(name);
  if (tokenizer == nullptr) FP8BENCH_SKIP("set FP8BENCH_GEMMA3 to a folder with Gemma 3's tokenizer.json");
  const json golden = json::parse(test::read_gzip(folder / (name + ".stream.json.gz")));
  CHECK(golden["stream"].size() == 30);
  for (const json& item : golden["stream"]) {
    CAPTURE(name, item["id"]);
    const auto ids = item["ids"].get<Ids>();
    CHECK(streams_as(*tokenizer, ids, false, item["pieces"]));
    if (item.contains("pieces_skip_special")) CHECK(streams_as(*tokenizer, ids, true, item["pieces_skip_special"]));
  }
  size_t decoded = 0;
  for (const json& item : golden["decode_only"]) {
    if (!item.contains("ids")) continue;  // bytes without a token
    CAPTURE(name, item.dump());
    const auto ids = item["ids"].get<Ids>();
    CHECK(tokenizer->decode(ids, false) == item["decoded"]);
    if (item.contains("stream") && item["stream"].is_array()) CHECK(streams_as(*tokenizer, ids, false, item["stream"]));
    ++decoded;
  }
  CHECK(decoded > 10);
  for (const json& item : golden["invalid_utf8_input"]) {
    const std::string bytes = from_hex(item["bytes"]);
    CAPTURE(name, item.dump());
    CHECK(replace_invalid_utf8(bytes) == item["replaced"]);
    CHECK(tokenizer->encode(bytes, false) == item["ids_of_replaced"].get<Ids>());
  }
}

TEST_CASE("487 task texts have the ids of an independent implementation of Gemma's tokenizer") {
  FP8BENCH_REQUIRE_DATA(file, "tokenizer/gemma_bpe_goldens.json");
  const json golden = json::parse(read_text_file(file));
  CHECK(golden.size() == 487);
  size_t different_names = 0;
  for (const json& item : golden) {
    const auto text = item["text"].get<std::string>();
    const auto ids = item["ids"].get<Ids>();
    // The two models share the vocabulary, not the names of the special tokens: those texts need Gemma 3's own file.
    bool own_names = false;
    for (const char* name : {"_of_turn>", "_of_image>", "<|turn>", "<turn|>"})
      own_names |= text.find(name) != std::string::npos;
    different_names += own_names;
    const Tokenizer* tokenizer = own_names ? gemma3() : &gemma4();
    if (tokenizer == nullptr) continue;
    CAPTURE(text);
    CHECK(tokenizer->encode(text, false) == ids);
    if (item["decoded_equals_text"]) CHECK(tokenizer->decode(ids, false) == text);
  }
  CHECK(different_names <= 10);
}

TEST_CASE("46 texts of llama.cpp have its ids for Gemma 4") {
  FP8BENCH_REQUIRE_DATA(folder, "tokenizer/gemma4");
  std::string texts = read_text_file(folder / "ggml-vocab-gemma-4.gguf.inp");
  std::istringstream ids(read_text_file(folder / "ggml-vocab-gemma-4.gguf.out"));
  const std::string between = "\n__ggml_vocab_test__\n";
  size_t count = 0;
  for (std::string line; std::getline(ids, line); ++count) {
    const size_t end = std::min(texts.find(between), texts.size());
    std::istringstream numbers(line);
    const Ids expected{std::istream_iterator<int32_t>(numbers), {}};
    CAPTURE(texts.substr(0, end));
    CHECK(gemma4().encode(texts.substr(0, end), false) == expected);
    texts.erase(0, end + between.size());
  }
  CHECK(count == 46);
}

TEST_CASE("Gemma 4's special tokens have their ids") {
  FP8BENCH_REQUIRE_DATA(file, "tokenizer/gemma4/special_tokens.json");
  const json golden = json::parse(read_text_file(file));
  for (const auto& [id, content] : golden.items()) {
    CAPTURE(id);
    if (!content.is_string()) continue;
    CHECK(gemma4().encode(content.get<std::string>(), false) == Ids{std::stoi(id)});
    CHECK(gemma4().piece(std::stoi(id)) == content);
  }
  CHECK(gemma4().bos() == 2);
  CHECK(gemma4().encode("<bos><|turn>user\n", true) == Ids{2, 105, 2364, 107});
  CHECK(gemma4().encode("Hello,", true) == Ids{2, 9259, 236764});
}

TEST_CASE("600 lines have the ids of SentencePiece's own program") {
  FP8BENCH_REQUIRE_DATA(folder, "tokenizer/sentencepiece");
  const auto tokenizer = load_tokenizer(folder / "test_model.model");
  const std::vector<json> golden = lines(read_text_file(folder / "test_model.goldens.jsonl"));
  CHECK(golden.size() == 600);
  for (const json& item : golden) {
    CAPTURE(item.dump());
    CHECK(tokenizer->encode(item["text"].get<std::string>(), false) == item["ids"].get<Ids>());
  }
  CHECK(tokenizer->vocab_size() == 1000);
}

TEST_CASE("a text of a megabyte takes no more time a byte than a short one") {
  FP8BENCH_REQUIRE_DATA(file, "text/tinyshakespeare.txt");
  const std::string text = read_text_file(file);
  for (const Tokenizer* tokenizer : {&gemma4(), &smollm2()}) {
    const Ids ids = tokenizer->encode(text, false);
    CHECK(tokenizer->decode(ids, false) == text);
    // One word without a place to cut: the linked symbols and the heap.
    const std::string word(200000, 'a');
    CHECK(tokenizer->decode(tokenizer->encode(word, false), false) == word);
  }
}
