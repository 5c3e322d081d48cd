#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <set>

#include "harness/checkpoint/tensor_map.h"
#include "harness/checkpoint/tensor_source.h"
#include "harness/io/sha256.h"
#include "kernels/bf16.h"
#include "kernels/parallel.h"
#include "tests/checkpoint/scratch.h"

using namespace fp8bench;
using Catch::Matchers::Contains;
using test::input_error;

namespace {

std::vector<float> values(const TensorSource& source, const std::string& name, int64_t row_begin, int64_t row_end) {
  const TensorInfo& tensor = source.at(name);
  std::vector<std::byte> bytes(static_cast<size_t>((row_end - row_begin) * tensor.row_bytes()));
  source.read_rows(tensor, row_begin, row_end, bytes);
  std::vector<float> result(bytes.size() / 2);
  for (size_t i = 0; i < result.size(); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, 2);
    result[i] = bf16_to_f32(bits);
  }
  return result;
}

double deviation(const std::vector<float>& x) {
  double sum = 0.0;
  for (const float v : x) sum += static_cast<double>(v) * v;
  return std::sqrt(sum / static_cast<double>(x.size()));
}

}  // namespace

TEST_CASE("Synthetic models have the published tensors and sizes") {
  struct Known {
    const char* spec;
    size_t tensors;
    int64_t parameters;
    const char* last_shard;
  };
  // 26B-A4B: with the 572,794,416 parameters of its vision tower this is the published total_size of 51,611,872,412
  // bytes
  for (const Known& known : {Known{"synth:gemma-4-26b-a4b", 657, 25'233'141'790, "model-00011-of-00011.safetensors"},
                             Known{"synth:gemma-4-31b", 832, 30'697'345'340, "model-00013-of-00013.safetensors"},
                             Known{"synth:gemma-4-12b", 666, 11'907'350'320, "model-00005-of-00005.safetensors"},
                             Known{"synth:gemma-4-e4b", 665, 0, "model-00004-of-00004.safetensors"},
                             Known{"synth:gemma-4-e2b", 540, 0, "model-00003-of-00003.safetensors"}}) {
    INFO(known.spec);
    const Checkpoint checkpoint = open_checkpoint(std::string(known.spec));
    CHECK(checkpoint.source->tensors().size() == known.tensors);
    CHECK(checkpoint.tensors.skipped.empty());
    int64_t parameters = 0;
    for (const TensorInfo& tensor : checkpoint.source->tensors()) parameters += tensor.elements();
    if (known.parameters > 0) CHECK(parameters == known.parameters);
    CHECK(checkpoint.source->tensors().back().shard == known.last_shard);
  }
}

TEST_CASE("Bits are fixed: any machine makes the same model") {
  // A change of these is a change of every result measured on synthetic models.
  const TensorSourcePtr source = open_source("synth:tiny-moe?seed=7");
  Sha256 hash;
  for (const TensorInfo& tensor : source->tensors()) {
    hash.update(tensor.name);
    hash.update(source->read(tensor));
  }
  CHECK(hash.hex() == "e1d06f2a98cb05f9a77632774b2e34d5824a3c221c5be7289db0ac642917be5b");
  const TensorSourcePtr large = open_source("synth:gemma-4-26b-a4b");
  const TensorInfo& experts = large->at("model.language_model.layers.17.experts.gate_up_proj");
  std::vector<std::byte> rows(static_cast<size_t>(64 * experts.row_bytes()));
  large->read_rows(experts, 100'000, 100'064, rows);
  CHECK(sha256_hex(rows) == "bc3c8031783d534e58c5bf8a2216183091f882a35acf1bfd772b1718c2a84394");
}

TEST_CASE("Any rows, in any pieces, by any number of threads, into any address: the same bytes") {
  const TensorSourcePtr source = open_source("synth:gemma-4-26b-a4b?layers=1");
  const TensorInfo& tensor = source->at("model.language_model.layers.0.experts.down_proj");
  constexpr int64_t kBegin = 2800, kEnd = 3700;
  std::vector<std::byte> whole(static_cast<size_t>((kEnd - kBegin) * tensor.row_bytes()));
  const int threads = thread_count();
  set_threads(2);
  source->read_rows(tensor, kBegin, kEnd, whole);
  set_threads(threads);
  std::vector<std::byte> row(static_cast<size_t>(tensor.row_bytes()) + 1);
  bool equal = true;
  for (int64_t r = kBegin; r < kEnd; ++r) {
    const std::span<std::byte> odd(row.data() + (r & 1), static_cast<size_t>(tensor.row_bytes()));
    source->read_rows(tensor, r, r + 1, odd);
    equal = equal && std::memcmp(odd.data(), whole.data() + (r - kBegin) * tensor.row_bytes(), odd.size()) == 0;
  }
  CHECK(equal);
  CHECK_THROWS_AS(source->read_rows(tensor, 0, 2, std::span(row).first(10)), std::invalid_argument);
}

TEST_CASE("A cut model is the beginning of the whole one, another seed is another model") {
  const std::string name = "model.language_model.layers.2.mlp.up_proj.weight";
  const auto whole = open_source("synth:gemma-4-31b"), cut = open_source("synth:gemma-4-31b?layers=3"),
             other = open_source("synth:gemma-4-31b?layers=3&seed=2");
  CHECK(cut->description() == "synth:gemma-4-31b?seed=1&layers=3");
  CHECK(values(*whole, name, 5, 7) == values(*cut, name, 5, 7));
  CHECK(values(*other, name, 5, 7) != values(*cut, name, 5, 7));
  CHECK(cut->find("model.language_model.layers.3.layer_scalar") == nullptr);
  CHECK(open_checkpoint(cut).config.layers.size() == 3);
  // the last layers of E2B share K and V; of a cut model only those that did before
  CHECK(open_checkpoint(std::string("synth:gemma-4-e2b?layers=10")).config.layers[9].kv_donor == -1);
  CHECK(open_checkpoint(std::string("synth:gemma-4-e2b?layers=20")).config.layers[19].kv_donor == 14);
}

TEST_CASE("Weights look like a trained model's where FP8 notices") {
  const auto source = open_source("synth:gemma-4-26b-a4b");
  const TensorInfo& tensor = source->at("model.language_model.layers.4.self_attn.q_proj.weight");
  const std::vector<float> weights = values(*source, tensor.name, 0, 512);
  CHECK(deviation(weights) * std::sqrt(2816.0) == Approx(1.1).margin(0.15));
  float lowest = 1e9f, highest = 0.0f;
  for (size_t r = 0; r < 512; ++r) {
    float largest = 0.0f;
    for (size_t c = 0; c < 2816; ++c) largest = std::max(largest, std::abs(weights[r * 2816 + c]));
    lowest = std::min(lowest, largest);
    highest = std::max(highest, largest);
  }
  CHECK(highest / lowest > 4.0f);  // the scales of rows vary
  CHECK(highest / lowest < 100.0f);
  const std::vector<float> norm =
      values(*source, "model.language_model.layers.4.post_attention_layernorm.weight", 0, 1);
  CHECK(std::count_if(norm.begin(), norm.end(), [](float v) { return v < 0.0f; }) > 50);
  CHECK(*std::max_element(norm.begin(), norm.end()) > 4.0 * deviation(norm));
  const float scalar = values(*source, "model.language_model.layers.4.layer_scalar", 0, 1)[0];
  CHECK(scalar >= 0.93f);
  CHECK(scalar <= 0.98f);
  CHECK(deviation(values(*source, "model.language_model.embed_tokens.weight", 1000, 1100)) * 53.0 ==
        Approx(1.0).margin(0.2));
}

TEST_CASE("No two rows are shifted copies of each other") {
  const auto source = open_source("synth:gemma-4-26b-a4b?layers=1");
  const std::vector<float> rows = values(*source, "model.language_model.layers.0.mlp.gate_proj.weight", 0, 400);
  std::vector<std::pair<float, float>> ratios;  // of neighbours: free of the row's own scale
  for (size_t r = 0; r < 400; ++r)
    for (size_t c = 0; c + 2 < 2816; c += 64)
      ratios.emplace_back(rows[r * 2816 + c] / rows[r * 2816 + c + 1], rows[r * 2816 + c + 2] / rows[r * 2816 + c + 1]);
  std::sort(ratios.begin(), ratios.end());
  CHECK(std::adjacent_find(ratios.begin(), ratios.end()) == ratios.end());
}

TEST_CASE("A synthetic name that means nothing is refused with what would") {
  const auto refusal = [](const std::string& spec) { return input_error([&] { open_source(spec); }); };
  CHECK_THAT(refusal("synth:gemma-5"), Contains("expected a variant (gemma-4-26b-a4b, gemma-4-31b, gemma-4-12b, "
                                                "gemma-4-e4b, gemma-4-e2b, tiny-moe), found 'gemma-5'"));
  CHECK_THAT(refusal("synth:tiny-moe?layers=7"), Contains("layers: expected an integer from 1 to 6, found '7'"));
  CHECK_THAT(refusal("synth:tiny-moe?layers=0"), Contains("found '0'"));
  CHECK_THAT(refusal("synth:tiny-moe?seed=-1"), Contains("seed: expected an integer"));
  CHECK_THAT(refusal("synth:tiny-moe?seed=1x"), Contains("found '1x'"));
  CHECK_THAT(refusal("synth:tiny-moe?heads=2"), Contains("expected the options seed=N and layers=L, found 'heads=2'"));
}
