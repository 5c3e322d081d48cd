// quantized(source) reads as the checkpoint that quantize would have written, in any order of reading.
#include <catch2/catch.hpp>
#include <random>

#include "harness/checkpoint/quantize_checkpoint.h"
#include "harness/checkpoint/tensor_source.h"
#include "harness/io/error.h"
#include "tests/checkpoint/memory_source.h"
#include "tests/test_data.h"

using namespace fp8bench;
using namespace fp8bench::test;

namespace {

void check_same(const TensorSource& found, const TensorSource& expected) {
  CHECK(found.config_text() == expected.config_text());
  REQUIRE(found.tensors().size() == expected.tensors().size());
  for (size_t i = 0; i < found.tensors().size(); ++i) {
    const TensorInfo &a = found.tensors()[i], &b = expected.tensors()[i];
    CHECK(a.name == b.name);
    CHECK(a.dtype == b.dtype);
    CHECK(a.shape == b.shape);
    CHECK(a.shard == b.shard);
    CHECK(found.read(a) == expected.read(b));
    if (const auto view = found.view(a); !view.empty())
      CHECK(std::equal(view.begin(), view.end(), expected.read(b).begin()));
  }
}

}  // namespace

TEST_CASE("quantized() of fp8-corners equals llm-compressor's output: order, shards, bytes, config") {
  const auto golden = source_path("tests/goldens/fp8-corners");
  check_same(*quantized(open_source((golden / "bf16").string())), *open_source((golden / "fp8").string()));
  CHECK(quantized(open_source((golden / "bf16").string()))->description().starts_with("quantized:"));
}

TEST_CASE("quantized() of tiny-moe equals llm-compressor's output") {
  FP8BENCH_REQUIRE_DATA(golden, "goldens/tiny-moe");
  check_same(*open_source("quantized:" + (golden / "bf16").string()), *open_source((golden / "fp8").string()));
}

TEST_CASE("rows may be read in any order and by a copy of the tensor's description") {
  const auto golden = source_path("tests/goldens/fp8-corners");
  const auto source = quantized(open_source((golden / "bf16").string())),
             expected = open_source((golden / "fp8").string());
  std::mt19937 random(5);
  for (int i = 0; i < 500; ++i) {
    const TensorInfo tensor = source->tensors()[random() % source->tensors().size()];  // a copy
    const int64_t begin = static_cast<int64_t>(random() % static_cast<uint64_t>(tensor.rows()));
    const int64_t end = begin + 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(tensor.rows() - begin));
    std::vector<std::byte> a(static_cast<size_t>((end - begin) * tensor.row_bytes())), b(a.size());
    source->read_rows(tensor, begin, end, a);
    expected->read_rows(expected->at(tensor.name), begin, end, b);
    REQUIRE(a == b);
  }
}

TEST_CASE("an FP8 checkpoint is not quantized again") {
  CHECK_THROWS_AS(quantized(open_source(source_path("tests/goldens/fp8-corners/fp8").string())), InputError);
}

TEST_CASE("a NaN is refused when its row is read, naming the weight also when its scale is asked for") {
  auto source = std::make_shared<MemorySource>();
  source->config() = R"({"model_type": "gemma4"})";
  source->add_bf16("m.up_proj.weight", {2, 2}, {0x3F80, 0x3F80, 0x3F80, 0x7FC0});
  const auto fp8 = quantized(source);
  CHECK_THROWS_WITH(fp8->read(fp8->at("m.up_proj.weight_scale")),
                    Catch::Contains("tensor m.up_proj.weight: row 1, column 1"));
  std::vector<std::byte> row(2);
  CHECK_NOTHROW(fp8->read_rows(fp8->at("m.up_proj.weight"), 0, 1, row));
}
