#include "harness/checkpoint/safetensors.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/io/mapped_file.h"
#include "harness/io/text_file.h"
#include "tests/checkpoint/scratch.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using test::as_span;
using test::input_error;
using test::safetensors_bytes;
using test::ScratchFolder;

namespace {

SafetensorsHeader parse(const std::string& bytes) { return parse_safetensors(as_span(bytes), "some.safetensors"); }
std::string refusal(const std::string& bytes) {
  return input_error([&] { parse(bytes); });
}

std::string one_tensor(const std::string& name, const std::string& fields) {
  return "{\"" + name + "\":{" + fields + "}}";
}

}  // namespace

TEST_CASE("A header gives names, dtypes, shapes and offsets, sorted by offset") {
  const std::string header =
      R"({"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("__metadata__":{"format":"pt"}})";
  const SafetensorsHeader parsed = parse(safetensors_bytes(header, std::string(12, 'x')));
  REQUIRE(parsed.entries.size() == 2);
  CHECK(parsed.entries[0].info.name == "a");
  CHECK(parsed.entries[0].info.dtype == DType::kF32);
  CHECK(parsed.entries[1].info.shape == std::vector<int64_t>{1, 2});
  CHECK(parsed.entries[1].begin == 8);
  CHECK(parsed.metadata.at("format") == "pt");
  CHECK(parsed.data_begin == static_cast<int64_t>(8 + header.size()));
}

TEST_CASE("Every upstream case is read or refused as upstream does") {
  FP8BENCH_REQUIRE_DATA(cases, "fixtures/safetensors/cases.json");
  const auto list = nlohmann::json::parse(read_text_file(cases));
  REQUIRE(list.size() == 24);
  for (const auto& item : list) {
    const std::string name = item.at("file"), expected = item.at("expect");
    INFO(name << ": " << expected);
    const std::filesystem::path path = cases.parent_path() / name;
    const std::string error = input_error([&] { SafetensorsFile file(path); });
    if (expected.starts_with("ok")) {
      CHECK(error.empty());
    } else {
      CHECK_THAT(error, Contains(name));
      CHECK_THAT(error, Contains("expected"));
      CHECK_THAT(error, Contains("found"));
      CHECK((error.find("tensor '") != std::string::npos || error.find("byte ") != std::string::npos ||
             error.find("header") != std::string::npos));
    }
  }
}

TEST_CASE("The good upstream cases hold what their list says") {
  FP8BENCH_REQUIRE_DATA(folder, "fixtures/safetensors");
  const SafetensorsFile ints(folder / "ok_i32_2x2.safetensors");
  REQUIRE(ints.find("test") != nullptr);
  CHECK(ints.find("test")->info.shape == std::vector<int64_t>{2, 2});
  CHECK(ints.find("test")->info.shard == "ok_i32_2x2.safetensors");
  CHECK(ints.bytes(*ints.find("test")).size() == 16);
  const SafetensorsFile fp8(folder / "ok_metadata_fp8.safetensors");
  CHECK(fp8.find("w")->info.dtype == DType::kF8E4M3);
  CHECK(fp8.find("s")->info.shape == std::vector<int64_t>{2});
  CHECK(fp8.find("absent") == nullptr);
  CHECK(SafetensorsFile(folder / "ok_scalar.safetensors").header().entries.at(0).info.shape.empty());
  CHECK(SafetensorsFile(folder / "ok_empty_header_padded.safetensors").header().entries.empty());
}

TEST_CASE("A refusal says where, what was expected and what was found") {
  const std::string good = R"("dtype":"BF16","shape":[2],"data_offsets":[0,4])";
  REQUIRE(refusal(safetensors_bytes(one_tensor("t", good), "1234")).empty());
  struct Case {
    const char *what, *header, *data, *message;
  };
  const std::vector<Case> cases = {
      {"a hole", R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "12",
       "some.safetensors: tensor 't': expected its data at offset 0, where the tensor before it ends, found offset 1 "
       "(a hole)"},
      {"an overlap",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
       "12", "tensor 't': expected its data at offset 2, where the tensor before it ends, found offset 1 (an overlap)"},
      {"bytes that nothing owns", R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "12",
       "byte 62: expected the end of the file after the last tensor, found 1 more bytes"},
      {"a short file", R"({"t":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", "12",
       "tensor 't': expected data up to byte 70"},
      {"a wrong size", R"({"t":{"dtype":"BF16","shape":[3],"data_offsets":[0,4]}})", "1234",
       "tensor 't': expected 6 bytes for BF16 [3], found data_offsets [0, 4]: 4 bytes"},
      {"an unknown dtype", R"({"t":{"dtype":"F7","shape":[1],"data_offsets":[0,1]}})", "1",
       "tensor 't': expected a dtype of the safetensors format, found 'F7'"},
      {"a size that overflows", R"({"t":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", "",
       "tensor 't': expected a size below 2^63 bits, found U8 [4294967296, 4294967296]"},
      {"half a byte", R"({"t":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", "1",
       "tensor 't': expected a whole number of bytes, found 12 bits"},
      {"decreasing offsets", R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", "12", "found [2, 1]"},
      {"a name twice",
       R"({"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
       "", "tensor 't': expected every name once, found it twice"},
      {"a field twice", R"({"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", "",
       "tensor 't': expected the field 'dtype' once"},
      {"an unknown field", R"({"t":{"dtype":"U8","strides":[0],"shape":[0],"data_offsets":[0,0]}})", "",
       "tensor 't': expected the fields dtype, shape and data_offsets, found 'strides'"},
      {"a missing field", R"({"t":{"dtype":"U8","shape":[0]}})", "",
       "tensor 't': expected the field 'data_offsets', found none"},
      {"three offsets", R"({"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}})", "",
       "tensor 't': expected 2 data_offsets, found 3"},
      {"a negative size", R"({"t":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}})", "",
       "tensor 't': expected a non-negative integer in shape, found the number -1"},
      {"a fraction", R"({"t":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", "1", "found the number 1.0"},
      {"a huge size", R"({"t":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})", "1",
       "expected dimensions below 2^63"},
      {"metadata that is no string", R"({"__metadata__":{"a":1}})", "",
       "tensor '__metadata__': expected a string, found the number 1"},
      {"metadata twice", R"({"__metadata__":{"a":"1","a":"2"}})", "",
       "expected every metadata key once, found 'a' twice"},
      {"a list", R"([])", "", "expected an object of tensors, found an array"},
      {"a nested object", R"({"t":{"dtype":{},"shape":[],"data_offsets":[0,0]}})", "",
       "expected a string for dtype, found an object"},
      {"two documents", R"({} {})", "", "byte 11: expected a JSON header"},
      {"a broken escape", R"({"\ud800":1})", "", "expected a JSON header"},
      {"a byte order mark", "\xEF\xBB\xBF{}", "", "byte 8: expected JSON, found a byte order mark"},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const std::string error = refusal(safetensors_bytes(c.header, c.data));
    CHECK_THAT(error, Contains(c.message));
    CHECK_THAT(error, Contains("some.safetensors"));
  }
}

TEST_CASE("A NUL does not end a header early") {
  // The JSON library takes it for the end of the text: what stands behind it would never be read.
  const std::string header = std::string("{}") + '\0' + "{]";
  CHECK_THAT(refusal(safetensors_bytes(header)), Contains("byte 10: expected JSON text, found a NUL byte"));
}

TEST_CASE("A header longer than upstream's cap is refused before it is read") {
  std::string bytes(8, '\0');
  const uint64_t length = 100'000'001;
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>((length >> (8 * i)) & 0xFF);
  CHECK_THAT(refusal(bytes), Contains("byte 0: expected a header of at most 100000000 bytes, found 100000001"));
}

TEST_CASE("The writer's bytes equal upstream's serializer") {
  for (const char* name : {"tiny-moe/fp8/model-00001-of-00002", "tiny-moe/fp8/model-00002-of-00002",
                           "tiny-dense/fp8/model", "fp8-corners/fp8/model", "tiny-moe/bf16/model-00001-of-00002",
                           "tiny-dense/bf16/model", "tiny-e2b/bf16/model"}) {
    FP8BENCH_REQUIRE_DATA(goldens, "goldens");
    INFO(name);
    const std::filesystem::path original = goldens / (std::string(name) + ".safetensors");
    const SafetensorsFile file(original);
    std::vector<NamedTensor> tensors;
    for (const SafetensorsEntry& entry : file.header().entries) {
      const auto data = file.bytes(entry);
      tensors.insert(tensors.begin(), {entry.info, {data.begin(), data.end()}});  // the order given must not matter
    }
    const ScratchFolder folder;
    write_safetensors(folder.path() / "out.safetensors", tensors, file.header().metadata);
    CHECK(read_text_file(folder.path() / "out.safetensors") == read_text_file(original));
  }
}

TEST_CASE("The writer sorts by dtype, then by name in byte order, and pads the header to 8 bytes") {
  const std::vector<TensorInfo> tensors = {{"experts.2", DType::kBF16, {1}, ""},
                                           {"experts.10", DType::kBF16, {1}, ""},
                                           {"z", DType::kF32, {2}, ""},
                                           {"caf\xC3\xA9\n", DType::kF8E4M3, {3}, ""}};
  const SafetensorsLayout layout = plan_safetensors(tensors, {{"format", "pt"}});
  const std::string json = R"({"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                           R"("experts.10":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},)"
                           R"("experts.2":{"dtype":"BF16","shape":[1],"data_offsets":[10,12]},)"
                           "\"caf\xC3\xA9\\n\":{\"dtype\":\"F8_E4M3\",\"shape\":[3],\"data_offsets\":[12,15]}}";
  CHECK(layout.header_bytes.substr(8, json.size()) == json);
  CHECK(layout.header_bytes.size() % 8 == 0);
  CHECK(layout.header_bytes.find_last_not_of(' ') == 8 + json.size() - 1);
  CHECK(layout.file_size == static_cast<int64_t>(layout.header_bytes.size()) + 15);
  CHECK(parse(layout.header_bytes + std::string(15, 'x')).entries.size() == 4);
}

TEST_CASE("The writer refuses what no reader could take back") {
  CHECK_THAT(input_error([] {
               plan_safetensors({{"t", DType::kU8, {1}, ""}, {"t", DType::kI8, {1}, ""}});
             }),
             Contains("tensor 't'"));
  CHECK_THAT(input_error([] { plan_safetensors({{"__metadata__", DType::kU8, {1}, ""}}); }), Contains("__metadata__"));
  CHECK_THAT(input_error([] { plan_safetensors({{"\xFF", DType::kU8, {1}, ""}}); }), Contains("UTF-8"));
  const ScratchFolder folder;
  CHECK_THAT(input_error([&] {
               write_safetensors(folder.path() / "x", {{{"t", DType::kBF16, {2}, ""}, {}}});
             }),
             Contains("tensor 't': expected 4 bytes of data, found 0"));
}

TEST_CASE("An empty list of tensors is a valid file") {
  const SafetensorsLayout layout = plan_safetensors({});
  CHECK(parse(layout.header_bytes).entries.empty());
  CHECK(parse(plan_safetensors({}, {{"a", "b"}}).header_bytes).metadata.at("a") == "b");
}
