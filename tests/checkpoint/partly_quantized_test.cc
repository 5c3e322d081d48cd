#include "harness/checkpoint/partly_quantized.h"

#include <catch2/catch.hpp>

#include "harness/checkpoint/tensor_map.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

const char* const kSpec = "synth:tiny-moe";

std::vector<std::byte> bytes_of(const TensorSource& source, const std::string& name) {
  return source.read(source.at(name));
}

TEST_CASE("everything chosen is the FP8 checkpoint, nothing chosen has the BF16 bytes of every weight") {
  const TensorSourcePtr bf16 = open_source(kSpec), fp8 = quantized(bf16);
  const auto all = partly_quantized(bf16, fp8, "all", [](const std::string&) { return true; });
  const auto none = partly_quantized(bf16, fp8, "none", [](const std::string&) { return false; });
  REQUIRE(all->tensors().size() == fp8->tensors().size());
  int64_t weights = 0;
  for (const TensorInfo& tensor : fp8->tensors()) {
    CHECK(bytes_of(*all, tensor.name) == bytes_of(*fp8, tensor.name));
    if (tensor.dtype != DType::kF8E4M3) continue;
    ++weights;
    CHECK(none->at(tensor.name).dtype == DType::kBF16);
    CHECK(none->find(tensor.name + "_scale") == nullptr);
    if (const TensorInfo* original = bf16->find(tensor.name))
      CHECK(bytes_of(*none, tensor.name) == bytes_of(*bf16, original->name));
  }
  CHECK(weights > 0);
  CHECK(none->tensors().size() == fp8->tensors().size() - static_cast<size_t>(weights));
}

TEST_CASE("a part in FP8 loads: the ignore list names what is BF16, experts come back out of the fused tensor") {
  const TensorSourcePtr bf16 = open_source(kSpec), fp8 = quantized(bf16);
  const auto is_attention = [](const std::string& weight) {
    return classify_tensor(weight) == TensorClass::kAttention;
  };
  const Checkpoint mixed = open_checkpoint(partly_quantized(bf16, fp8, "attention", is_attention));
  const LayerTensors& layer = mixed.tensors.layers.front();
  CHECK(layer.q.scale != nullptr);
  CHECK(layer.down.scale == nullptr);
  REQUIRE(!layer.expert_down.empty());
  CHECK(layer.expert_down.front().scale == nullptr);
  CHECK(layer.expert_down.front().weight->dtype == DType::kBF16);
  // Row by row the original's: expert 1's down projection out of the fused 3-D tensor.
  const TensorInfo& fused =
      bf16->at(layer.expert_down[1].weight->name.substr(0, layer.expert_down[1].weight->name.find(".1.down_proj")) +
               ".down_proj");
  const auto whole = bf16->read(fused);
  const auto one = mixed.source->read(*layer.expert_down[1].weight);
  CHECK(std::equal(one.begin(), one.end(), whole.begin() + static_cast<std::ptrdiff_t>(one.size())));
}

TEST_CASE("a checkpoint without quantization_config is refused by name") {
  const TensorSourcePtr bf16 = open_source(kSpec);
  CHECK_THROWS_WITH(partly_quantized(bf16, bf16, "x", [](const std::string&) { return true; }),
                    Catch::Matchers::Contains("expected a quantization_config"));
}

}  // namespace
}  // namespace fp8bench
