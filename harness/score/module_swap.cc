#include "harness/score/module_swap.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <set>
#include <string_view>

#include "harness/io/error.h"

namespace fp8bench {

int64_t layer_of_tensor(const std::string& name) {
  constexpr std::string_view kLayers = ".layers.";
  const size_t at = name.rfind(kLayers);
  if (at == std::string::npos) return -1;
  int64_t layer = -1;
  std::from_chars(name.data() + at + kLayers.size(), name.data() + name.size(), layer);
  return layer;
}

std::vector<SwapPart> swap_parts(const TensorSource& fp8) {
  std::set<TensorClass> classes;
  std::set<int64_t> layers;
  for (const TensorInfo& tensor : fp8.tensors()) {
    if (tensor.dtype != DType::kF8E4M3) continue;
    classes.insert(classify_tensor(tensor.name));
    layers.insert(layer_of_tensor(tensor.name));
  }
  std::vector<SwapPart> parts;
  for (const TensorClass c : classes)
    parts.push_back(
        {tensor_class_name(c), "class", [c](const std::string& weight) { return classify_tensor(weight) == c; }});
  if (classes.size() > 1)
    for (const TensorClass c : classes)
      parts.push_back({"all but " + tensor_class_name(c), "all_but",
                       [c](const std::string& weight) { return classify_tensor(weight) != c; }});
  for (const int64_t l : layers)
    parts.push_back({l < 0 ? std::string("outside the layers") : fmt::format("layer {}", l), "layer",
                     [l](const std::string& weight) { return layer_of_tensor(weight) == l; }});
  return parts;
}

Additivity additivity(std::span<const std::vector<TokenDivergence>> parts, std::span<const TokenDivergence> whole,
                      const BootstrapOptions& options) {
  std::map<int32_t, std::pair<double, double>> documents;  // sum of the parts, of the whole
  for (const TokenDivergence& token : whole) documents[token.document].second += token.kld;
  for (const auto& part : parts) {
    if (part.size() != whole.size())
      throw CheckError(
          fmt::format("additivity: expected {} tokens of every part, found {}", whole.size(), part.size()));
    for (const TokenDivergence& token : part) documents[token.document].first += token.kld;
  }
  std::vector<double> numerator, denominator;
  double sum = 0, all = 0;
  for (const auto& [document, sums] : documents) {
    numerator.push_back(sums.first), denominator.push_back(sums.second);
    sum += sums.first, all += sums.second;
  }
  if (all == 0) return {};
  return {sum / all, cluster_bootstrap_ratio(numerator, denominator, options)};
}

}  // namespace fp8bench
