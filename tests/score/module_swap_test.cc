#include "harness/score/module_swap.h"

#include <catch2/catch.hpp>
#include <map>

#include "harness/io/error.h"

namespace fp8bench {
namespace {

TEST_CASE("the classes and the layers each hold every FP8 weight exactly once, and all-but is the rest") {
  const TensorSourcePtr fp8 = quantized(open_source("synth:tiny-moe"));
  const std::vector<SwapPart> parts = swap_parts(*fp8);
  int64_t weights = 0;
  for (const TensorInfo& tensor : fp8->tensors()) {
    if (tensor.dtype != DType::kF8E4M3) continue;
    ++weights;
    std::map<std::string, int64_t> holders;
    for (const SwapPart& part : parts) holders[part.group] += part.in_fp8(tensor.name);
    CAPTURE(tensor.name);
    CHECK(holders["class"] == 1);
    CHECK(holders["layer"] == 1);
    CHECK(holders["all_but"] == 2);  // of three classes
  }
  CHECK(weights > 0);
}

TEST_CASE("the layer of a tensor is the number behind .layers.") {
  CHECK(layer_of_tensor("model.language_model.layers.12.mlp.down_proj.weight") == 12);
  CHECK(layer_of_tensor("model.embed_tokens.weight") == -1);
}

std::vector<TokenDivergence> tokens(std::initializer_list<double> klds) {
  std::vector<TokenDivergence> out;
  for (const double kld : klds) {
    out.emplace_back().kld = kld;
    out.back().document = static_cast<int32_t>(out.size() / 3);
  }
  return out;
}

TEST_CASE("additivity is the sum of the parts over the whole, with an interval over documents") {
  const auto whole = tokens({1, 2, 3, 4, 5, 6, 7, 8});
  const std::vector<std::vector<TokenDivergence>> parts = {tokens({0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4}),
                                                           tokens({0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2})};
  const Additivity sum = additivity(parts, whole);
  CHECK(sum.ratio == Approx(0.75));
  CHECK(sum.interval.low == Approx(0.75));  // the same share in every document
  CHECK(sum.interval.high == Approx(0.75));
  CHECK(additivity(parts, tokens({0, 0, 0, 0, 0, 0, 0, 0})).ratio == 0);
  CHECK_THROWS_AS(additivity(parts, tokens({1, 2})), CheckError);
}

}  // namespace
}  // namespace fp8bench
