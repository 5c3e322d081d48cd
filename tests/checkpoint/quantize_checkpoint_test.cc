// Whole output folders against those of llm-compressor, and what is refused.
#include "harness/checkpoint/quantize_checkpoint.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <thread>

#include "harness/checkpoint/safetensors.h"
#include "harness/io/error.h"
#include "harness/io/sha256.h"
#include "harness/io/text_file.h"
#include "kernels/parallel.h"
#include "tests/checkpoint/folder_hashes.h"
#include "tests/checkpoint/memory_source.h"
#include "tests/test_data.h"

using namespace fp8bench;
using namespace fp8bench::test;
namespace fs = std::filesystem;

namespace {

void check_equals_upstream(const fs::path& golden) {
  const TemporaryFolder folder;
  for (const int threads : {1, 3}) {
    set_threads(threads);
    quantize_checkpoint(open_source((golden / "bf16").string()), folder / "out", {.force = true});
    CHECK(hashes(folder / "out") == hashes(golden / "fp8"));
  }
  set_threads(static_cast<int>(std::thread::hardware_concurrency()));
}

std::shared_ptr<MemorySource> small_model() {
  auto source = std::make_shared<MemorySource>();
  source->config() = R"({"model_type": "gemma4"})";
  source->add_bf16("model.layers.0.mlp.up_proj.weight", {2, 3}, {0x3F80, 0x4000, 0x4040, 0xBF80, 0x3F00, 0x0000});
  source->add_bf16("model.layers.0.input_layernorm.weight", {3}, {0x3F80, 0x3F80, 0x3F80});
  return source;
}

std::string refusal(const TensorSourcePtr& source, QuantizeOptions options = {}) {
  const TemporaryFolder folder;
  try {
    quantize_checkpoint(source, folder / "out", options);
  } catch (const InputError& error) {
    CHECK(fs::is_empty(folder.path()));  // neither the destination nor a temporary
    return error.what();
  }
  return "not refused";
}

}  // namespace

TEST_CASE("fp8-corners: every file equals llm-compressor's") {
  check_equals_upstream(source_path("tests/goldens/fp8-corners"));
}

TEST_CASE("tiny-moe: every file equals llm-compressor's") {
  FP8BENCH_REQUIRE_DATA(golden, "goldens/tiny-moe");
  check_equals_upstream(golden);
}

TEST_CASE("tiny-dense: every file equals llm-compressor's") {
  FP8BENCH_REQUIRE_DATA(golden, "goldens/tiny-dense");
  check_equals_upstream(golden);
}

TEST_CASE("tiny-llama, tiny-gemma3 and tiny-qwen3moe: every file equals llm-compressor's") {
  for (const char* name : {"goldens/tiny-llama", "goldens/tiny-gemma3", "goldens/tiny-qwen3moe"}) {
    const fs::path golden = data_path(name);
    if (golden.empty()) FP8BENCH_SKIP("set FP8BENCH_DATA to the folder that has goldens/tiny-llama");
    check_equals_upstream(golden);
  }
}

TEST_CASE("patterns are Python's re.match: anchored at the start, not at the end") {
  CHECK(matches_pattern("a.router.proj", "re:.*router"));
  CHECK(matches_pattern("a.mlp.gate", "re:.*mlp.gate$"));
  CHECK_FALSE(matches_pattern("a.mlp.gate_proj", "re:.*mlp.gate$"));
  CHECK_FALSE(matches_pattern("a.router", "re:router"));
  CHECK(matches_pattern("lm_head", "lm_head"));
  CHECK_FALSE(matches_pattern("model.lm_head", "lm_head"));
  CHECK(matches_pattern("caf\xC3\xA9.x", "re:caf.\\.x"));  // one character, two bytes
  CHECK(matches_pattern("layers.12.mlp", "re:layers\\.(?P<n>\\d+)\\.mlp"));
  CHECK_THROWS_AS(matches_pattern("x", "re:("), InputError);
}

TEST_CASE("the recipe takes weights of modules whose path does not end in norm") {
  const std::vector<std::string> none;
  CHECK(is_quantized_by_recipe("a.q_proj.weight", none));
  CHECK_FALSE(is_quantized_by_recipe("a.q_norm.weight", none));
  CHECK(is_quantized_by_recipe("a.post_feedforward_layernorm_1.weight", none));
  CHECK_FALSE(is_quantized_by_recipe("a.q_proj.bias", none));
  CHECK_FALSE(is_quantized_by_recipe("a.experts.gate_up_proj", none));
  CHECK_FALSE(is_quantized_by_recipe("a.q_proj.weight", {"a.q_proj"}));
  CHECK(is_quantized_by_recipe("weight", none));
}

TEST_CASE("what upstream refuses, or would do silently wrong, is refused and leaves nothing behind") {
  CHECK(refusal(small_model()) == "not refused");

  auto nan = small_model();
  nan->halves("model.layers.0.mlp.up_proj.weight")[4] = 0x7FC0;
  CHECK_THAT(refusal(nan),
             Catch::Contains("model.layers.0.mlp.up_proj.weight: row 1, column 1") && Catch::Contains("0x7FC0"));

  auto infinite = small_model();
  infinite->halves("model.layers.0.mlp.up_proj.weight")[0] = 0xFF80;
  CHECK_THAT(refusal(infinite), Catch::Contains("row 0, column 0: expected a finite weight, found -inf"));

  auto norm = small_model();
  norm->add_bf16("model.layers.0.post_feedforward_layernorm_1.weight", {3}, {0x3F80, 0x3F80, 0x3F80});
  CHECK(refusal(norm) == "not refused");
  CHECK_THAT(refusal(norm, {.ignore = {"lm_head"}}),
             Catch::Contains("post_feedforward_layernorm_1.weight") &&
                 Catch::Contains("expected a 2D linear weight, found shape [3]"));

  auto half = small_model();
  half->add("model.layers.0.mlp.down_proj.weight", DType::kF16, {2, 2});
  CHECK_THAT(refusal(half), Catch::Contains("expected a BF16 weight, found F16"));

  auto again = small_model();
  again->config() = R"({"model_type": "gemma4", "quantization_config": {}})";
  CHECK_THAT(refusal(again), Catch::Contains("found a quantization_config"));

  auto uneven = small_model();
  uneven->add("model.layers.0.experts.gate_up_proj", DType::kBF16, {2, 3, 4});
  CHECK_THAT(refusal(uneven), Catch::Contains("expected an even number of gate_up rows, found 3"));

  CHECK_THAT(refusal(small_model(), {.ignore = {"re:["}}), Catch::Contains("ignore pattern 're:['"));
}

TEST_CASE("the five faults of an index are refused") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::pair<std::string, std::string>>& shards,
                           const std::string& weight_map) {
    const fs::path source = folder / "source";
    fs::remove_all(source);
    fs::create_directories(source);
    write_file_atomically(source / "config.json", R"({"model_type": "llama"})");
    for (const auto& [shard, tensor] : shards) {
      const TensorInfo info{tensor, DType::kBF16, {2, 4}, shard};
      write_safetensors(source / shard, {{info, std::vector<std::byte>(16)}});
    }
    if (!weight_map.empty())
      write_file_atomically(source / "model.safetensors.index.json", R"({"weight_map": {)" + weight_map + "}}");
    try {
      quantize_checkpoint(open_source(source.string()), folder / "out", {});
    } catch (const InputError&) {
      return true;
    }
    fs::remove_all(folder / "out");
    return false;
  };
  CHECK_FALSE(refused({{"m1.safetensors", "a.weight"}}, R"("a.weight": "m1.safetensors")"));
  CHECK(refused({{"m1.safetensors", "a.weight"}, {"m2.safetensors", "b.weight"}},
                R"("a.weight": "m1.safetensors", "c.weight": "m2.safetensors")"));  // lacks b
  CHECK(refused({{"m1.safetensors", "a.weight"}},
                R"("a.weight": "m1.safetensors", "b.weight": "m1.safetensors")"));  // b is nowhere
  CHECK(refused({{"m1.safetensors", "a.weight"}, {"m2.safetensors", "b.weight"}},
                R"("a.weight": "m1.safetensors")"));  // shard without an entry
  CHECK(refused({{"m1.safetensors", "a.weight"}},
                R"("a.weight": "m1.safetensors", "b.weight": "m2.safetensors")"));  // shard is absent
  CHECK(refused({{"weights.safetensors", "a.weight"}}, ""));                        // no index, not model.safetensors
}

TEST_CASE("a list that quantizes norms, a router or an embedding is warned about, with the reason") {
  auto source = small_model();
  source->add("model.embed_tokens.weight", DType::kBF16, {2, 3});
  source->add("model.layers.0.router.proj.weight", DType::kBF16, {2, 3});
  source->add("model.layers.0.post_feedforward_layernorm_1.weight", DType::kBF16, {3});
  CHECK(recipe_warnings(*source, default_ignore_list("gemma4")).empty());
  const std::vector<std::string> warnings = recipe_warnings(*source, {"lm_head"});
  REQUIRE(warnings.size() == 3);
  std::string all;
  for (const std::string& warning : warnings) all += warning + "\n";
  CHECK_THAT(all, Catch::Contains("1 norm (model.layers.0.post_feedforward_layernorm_1.weight)") &&
                      Catch::Contains("expected 2D"));
  CHECK_THAT(all, Catch::Contains("1 router (model.layers.0.router.proj.weight)") && Catch::Contains("re:.*router"));
  CHECK_THAT(all, Catch::Contains("1 embedding (model.embed_tokens.weight)") && Catch::Contains("re:.*embed.*"));
}

TEST_CASE("the user's ignore list is written verbatim") {
  const TemporaryFolder folder;
  quantize_checkpoint(small_model(), folder / "out", {.ignore = {"re:.*caf\xC3\xA9", "lm_head"}});
  CHECK_THAT(read_text_file(folder / "out/config.json"),
             Catch::Contains("\"ignore\": [\n      \"re:.*caf\\u00e9\",\n      \"lm_head\"\n    ]"));
}

TEST_CASE("a stale scale is overwritten") {
  auto source = small_model();
  source->add_bf16("model.layers.0.mlp.up_proj.weight_scale", {2, 1}, {0x4000, 0x4000});
  const TemporaryFolder folder;
  quantize_checkpoint(source, folder / "out", {});
  const auto out = open_source((folder / "out").string());
  const auto scale = out->read(out->at("model.layers.0.mlp.up_proj.weight_scale"));
  uint16_t first = 0;
  std::memcpy(&first, scale.data(), sizeof first);
  CHECK(first == 0x3BDB);  // bf16(3 / 448)
}

TEST_CASE("an existing destination is refused, and replaced with force, the source is never in its way") {
  const TemporaryFolder folder;
  quantize_checkpoint(small_model(), folder / "out", {});
  write_file_atomically(folder / "out/mine.txt", "keep");
  CHECK_THROWS_WITH(quantize_checkpoint(small_model(), folder / "out", {}), Catch::Contains("--force"));
  CHECK(fs::exists(folder / "out/mine.txt"));
  quantize_checkpoint(small_model(), folder / "out", {.force = true});
  CHECK_FALSE(fs::exists(folder / "out/mine.txt"));
  const auto golden = source_path("tests/goldens/fp8-corners/bf16");
  fs::copy(golden, folder / "source", fs::copy_options::recursive);
  const auto source = open_source((folder / "source").string());
  CHECK_THROWS_WITH(quantize_checkpoint(source, folder / "source", {.force = true}),
                    Catch::Contains("apart from the source"));
  CHECK_THROWS_WITH(quantize_checkpoint(source, folder / "source/inside", {}),
                    Catch::Contains("apart from the source"));
  CHECK_THROWS_WITH(quantize_checkpoint(source, folder.path(), {.force = true}),
                    Catch::Contains("apart from the source"));
}

TEST_CASE("progress counts source bytes to the end") {
  const TemporaryFolder folder;
  int64_t last = 0, total = 0;
  const auto report = quantize_checkpoint(small_model(), folder / "out",
                                          {.progress = [&](int64_t done, int64_t of) { last = done, total = of; }});
  CHECK(last == total);
  CHECK(last == report.source_bytes);
  CHECK(report.quantized_tensors == 1);
  CHECK(report.copied_tensors == 1);
  CHECK(report.output_bytes == 6 + 4 + 6);
}
