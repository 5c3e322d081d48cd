#include <catch2/catch.hpp>
#include <cstring>

#include "harness/checkpoint/safetensors.h"
#include "harness/checkpoint/tensor_source.h"
#include "tests/checkpoint/scratch.h"
#include "tests/test_data.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using test::input_error;
using test::safetensors_bytes;
using test::ScratchFolder;

namespace {

std::string shard_with(const std::string& name, char value) {
  return safetensors_bytes("{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]}}",
                           std::string(4, value));
}

std::string index_of(const std::string& entries) { return "{\"metadata\":{},\"weight_map\":{" + entries + "}}"; }

// Two shards and an index that agree.
void write_pair(const ScratchFolder& folder) {
  folder.write("model-00001-of-00002.safetensors", shard_with("a", '1'));
  folder.write("model-00002-of-00002.safetensors", shard_with("b", '2'));
  folder.write("model.safetensors.index.json",
               index_of(R"("a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors")"));
}

std::string refusal(const ScratchFolder& folder) {
  return input_error([&] { open_safetensors_source(folder.path()); });
}

}  // namespace

TEST_CASE("A folder with one file is a checkpoint") {
  const ScratchFolder folder;
  folder.write("model.safetensors", shard_with("a", '7'));
  folder.write("config.json", "{}");
  folder.write("tokenizer.json", "t");
  folder.write("extra/notes.txt", "n");
  folder.write(".cache/huggingface/x", "never");
  folder.write(".git/config", "never");
  folder.write(".gitattributes", "never");
  const TensorSourcePtr source = open_source(folder.path().string());
  REQUIRE(source->tensors().size() == 1);
  CHECK(source->config_text() == "{}");
  CHECK(source->at("a").shard == "model.safetensors");
  const std::vector<SideFile> side = source->side_files();
  REQUIRE(side.size() == 2);
  CHECK(side[0].name == "extra/notes.txt");
  CHECK(side[1].name == "tokenizer.json");
}

TEST_CASE("Shards with an index are read in shard order, whole or by rows") {
  const ScratchFolder folder;
  write_pair(folder);
  const TensorSourcePtr source = open_safetensors_source(folder.path());
  REQUIRE(source->tensors().size() == 2);
  CHECK(source->tensors()[1].name == "b");
  CHECK(source->find("c") == nullptr);
  CHECK_THAT(input_error([&] { source->at("c"); }), Contains("expected a tensor 'c', found none"));
  CHECK(source->read(source->at("b")) == std::vector<std::byte>(4, std::byte{'2'}));
  std::vector<std::byte> row(2);
  source->read_rows(source->at("b"), 1, 2, row);
  CHECK(row[0] == std::byte{'2'});
  CHECK(source->view(source->at("a")).size() == 4);
  CHECK_THROWS_AS(source->read_rows(source->at("b"), 1, 3, row), std::invalid_argument);
  CHECK_THROWS_AS(source->read_rows(source->at("b"), 0, 2, row), std::invalid_argument);
  source->release(source->at("a"), 0, 2);
  CHECK(source->read(source->at("a"))[3] == std::byte{'1'});
}

TEST_CASE("A Hugging Face cache is read through its links, and a shard has its link's name") {
  const ScratchFolder folder;
  folder.write("blobs/0a1b", shard_with("a", '1'));
  folder.write("refs/main", "rev1");
  std::filesystem::create_directories(folder.path() / "snapshots" / "rev1");
  std::filesystem::create_symlink("../../blobs/0a1b", folder.path() / "snapshots" / "rev1" / "model.safetensors");
  for (const std::filesystem::path& path : {folder.path(), folder.path() / "snapshots" / "rev1"}) {
    const TensorSourcePtr source = open_safetensors_source(path);
    REQUIRE(source->tensors().size() == 1);
    CHECK(source->tensors()[0].shard == "model.safetensors");
  }
  std::filesystem::create_directories(folder.path() / "snapshots" / "rev2");
  std::filesystem::remove(folder.path() / "refs" / "main");
  CHECK_THAT(refusal(folder), Contains("expected refs/main or one snapshot, found 2 snapshots [rev1, rev2]"));
}

TEST_CASE("Offsets beyond 4 GiB are read") {
  const ScratchFolder folder;
  constexpr int64_t kRows = (int64_t{5} << 30) / 4096;
  const SafetensorsLayout layout =
      plan_safetensors({{"big", DType::kU8, {kRows, 4096}, ""}, {"last", DType::kU8, {1, 4}, ""}});
  const std::filesystem::path path = folder.write("model.safetensors", layout.header_bytes);
  std::error_code error;
  std::filesystem::resize_file(path, static_cast<uintmax_t>(layout.file_size), error);  // a hole on disk, not 5 GB
  if (error) FP8BENCH_SKIP("this file system has no sparse files of 5 GiB");
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-4, std::ios::end);
    file << "tail";
  }
  const TensorSourcePtr source = open_safetensors_source(folder.path());
  const std::vector<std::byte> last = source->read(source->at("last"));
  CHECK(std::memcmp(last.data(), "tail", 4) == 0);
  std::vector<std::byte> row(4096, std::byte{1});
  source->read_rows(source->at("big"), kRows - 1, kRows, row);
  CHECK(row == std::vector<std::byte>(4096, std::byte{0}));
}

TEST_CASE("Data at an odd address has no view, but can be read") {
  const ScratchFolder folder;
  std::string header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[1,3]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  folder.write("model.safetensors", safetensors_bytes(header, "xyz"));
  const TensorSourcePtr source = open_safetensors_source(folder.path());
  CHECK(source->view(source->at("b")).empty());
  CHECK(source->read(source->at("b"))[0] == std::byte{'y'});
}

TEST_CASE("An index that disagrees with its shards is refused with every tensor") {
  const ScratchFolder folder;
  write_pair(folder);
  const auto index = [&](const std::string& entries) {
    folder.write("model.safetensors.index.json", index_of(entries));
  };
  const std::string first = "\"a\":\"model-00001-of-00002.safetensors\"",
                    second = "\"b\":\"model-00002-of-00002.safetensors\"";

  SECTION("a tensor that the index forgets would be dropped silently") {
    folder.write(
        "model-00002-of-00002.safetensors",
        safetensors_bytes(
            R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"lost":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
            "12"));
    CHECK_THAT(refusal(folder), Contains("tensor 'lost': expected an entry in the index, found it only in shard "
                                         "'model-00002-of-00002.safetensors'"));
  }
  SECTION("an entry without a tensor") {
    index(first + "," + second + ",\"ghost\":\"model-00001-of-00002.safetensors\"");
    CHECK_THAT(refusal(folder), Contains("tensor 'ghost': expected it in shard 'model-00001-of-00002.safetensors' as "
                                         "the index says, found it nowhere"));
  }
  SECTION("a shard without any entry") {
    index(first);
    CHECK_THAT(
        refusal(folder),
        Contains("shard 'model-00002-of-00002.safetensors': expected at least one entry in the index, found none"));
  }
  SECTION("an absent shard") {
    std::filesystem::remove(folder.path() / "model-00002-of-00002.safetensors");
    CHECK_THAT(refusal(folder),
               Contains("shard 'model-00002-of-00002.safetensors': the index names it, found no such file"));
  }
  SECTION("a link to nothing") {
    std::filesystem::remove(folder.path() / "model-00002-of-00002.safetensors");
    std::filesystem::create_symlink("../blobs/gone", folder.path() / "model-00002-of-00002.safetensors");
    CHECK_THAT(refusal(folder),
               Contains("shard 'model-00002-of-00002.safetensors': the index names it, found a link to nothing"));
  }
  SECTION("tensors exchanged") {
    index("\"b\":\"model-00001-of-00002.safetensors\",\"a\":\"model-00002-of-00002.safetensors\"");
    const std::string error = refusal(folder);
    CHECK_THAT(error, Contains("tensor 'a': expected it in shard 'model-00002-of-00002.safetensors'"));
    CHECK_THAT(error, Contains("tensor 'b': expected it in shard 'model-00001-of-00002.safetensors'"));
    CHECK_THAT(error, Contains("2 problems"));
  }
  SECTION("a tensor in two shards") {
    folder.write(
        "model-00002-of-00002.safetensors",
        safetensors_bytes(
            R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
            "12"));
    CHECK_THAT(refusal(folder), Contains("tensor 'a': expected it in shard 'model-00001-of-00002.safetensors' as the "
                                         "index says, found it in shard 'model-00002"));
  }
  SECTION("a shard outside the folder") {
    index(first + "," + second + ",\"c\":\"../evil.safetensors\"");
    CHECK_THAT(refusal(folder), Contains("shard '../evil.safetensors': expected a *.safetensors inside the folder"));
  }
  SECTION("an entry twice") {
    index(first + "," + first + "," + second);
    CHECK_THAT(refusal(folder), Contains("expected every key once, found \"a\" twice"));
  }
  SECTION("an entry that is no name") {
    index(first + "," + second + ",\"c\":3");
    CHECK_THAT(refusal(folder), Contains("tensor 'c': expected a shard's name, found 3"));
  }
  SECTION("no weight_map") {
    folder.write("model.safetensors.index.json", "{}");
    CHECK_THAT(refusal(folder), Contains("expected an object \"weight_map\""));
  }
}

TEST_CASE("Shards without an index are refused, and so is a folder without shards") {
  const ScratchFolder folder;
  CHECK_THAT(refusal(folder), Contains("found no *.safetensors"));
  folder.write("weights.safetensors", shard_with("a", '1'));
  CHECK_THAT(
      refusal(folder),
      Contains(
          "expected model.safetensors alone, or shards with a *.safetensors.index.json, found weights.safetensors"));
  folder.write("model.safetensors", shard_with("a", '1'));
  CHECK_THAT(refusal(folder), Contains("found model.safetensors, weights.safetensors"));
  CHECK_THAT(input_error([&] { open_source((folder.path() / "absent").string()); }),
             Contains("expected a checkpoint folder, found nothing"));
  CHECK_THAT(input_error([&] { open_source((folder.path() / "model.safetensors").string()); }),
             Contains("found a file"));
  CHECK_THAT(input_error([] { open_source(""); }), Contains("found an empty name"));
}

TEST_CASE("A tensor is a matrix of rows") {
  const TensorInfo experts{"e", DType::kBF16, {8, 48, 64}, ""}, scalar{"s", DType::kF32, {}, ""},
      vector{"v", DType::kF8E4M3, {5}, ""};
  CHECK(experts.rows() == 8 * 48);
  CHECK(experts.row_bytes() == 128);
  CHECK(scalar.rows() == 1);
  CHECK(scalar.bytes() == 4);
  CHECK(vector.rows() == 1);
  CHECK(vector.row_bytes() == 5);
}
