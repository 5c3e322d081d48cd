#include "harness/checkpoint/fault_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/checkpoint/fp8_recipe.h"
#include "harness/checkpoint/row_reader.h"
#include "harness/io/error.h"
#include "kernels/bf16.h"
#include "kernels/fp8.h"

namespace fp8bench {

class FaultySource final : public TensorSource {
 public:
  explicit FaultySource(FaultBuilder&& parts) : parts_(std::move(parts)) {}
  std::string description() const override {
    return fmt::format("faulty:{}:{}", parts_.fault_, parts_.source_->description());
  }
  const std::vector<TensorInfo>& tensors() const override { return parts_.tensors_; }
  const std::string& config_text() const override { return parts_.source_->config_text(); }
  std::vector<SideFile> side_files() const override { return parts_.source_->side_files(); }

  void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                 std::span<std::byte> out) const override {
    const auto edit = parts_.edits_.find(tensor.name);
    if (edit != parts_.edits_.end()) return edit->second(row_begin, row_end, out);
    parts_.source_->read_rows(parts_.source_->at(tensor.name), row_begin, row_end, out);
  }
  std::span<const std::byte> view(const TensorInfo& tensor) const override {
    return parts_.edits_.contains(tensor.name) ? std::span<const std::byte>{}
                                               : parts_.source_->view(parts_.source_->at(tensor.name));
  }
  void release(const TensorInfo& tensor, int64_t row_begin, int64_t row_end) const override {
    if (!parts_.edits_.contains(tensor.name))
      parts_.source_->release(parts_.source_->at(tensor.name), row_begin, row_end);
  }

 private:
  FaultBuilder parts_;
};

OriginalWeights::OriginalWeights(TensorSourcePtr fp8, TensorSourcePtr bf16)
    : fp8_(std::move(fp8)), bf16_(std::move(bf16)) {
  if (bf16_ == nullptr) return;
  for (const TensorInfo& tensor : bf16_->tensors())
    for (const SplitTensor& split : split_fused_experts(tensor)) places_[split.name] = {&tensor, split.row_begin};
}

void OriginalWeights::rows(const TensorInfo& fp8_weight, int64_t begin, int64_t end, std::span<uint16_t> out) const {
  if (bf16_ != nullptr) {
    const auto place = places_.find(fp8_weight.name);
    if (place == places_.end() || place->second.tensor->dtype != DType::kBF16)
      throw InputError(
          fmt::format("{}: expected a BF16 original of tensor {}, found none", bf16_->description(), fp8_weight.name));
    return bf16_->read_rows(*place->second.tensor, place->second.row_begin + begin, place->second.row_begin + end,
                            std::as_writable_bytes(out));
  }
  const int64_t width = fp8_weight.row_elements();
  std::vector<uint8_t> codes(static_cast<size_t>((end - begin) * width));
  std::vector<uint16_t> scales(static_cast<size_t>(end - begin));
  fp8_->read_rows(fp8_weight, begin, end, std::as_writable_bytes(std::span(codes)));
  fp8_->read_rows(fp8_->at(fp8_weight.name + "_scale"), begin, end, std::as_writable_bytes(std::span(scales)));
  for (size_t i = 0; i < codes.size(); ++i)
    out[i] = f32_to_bf16(e4m3_to_f32(codes[i]) * bf16_to_f32(scales[i / static_cast<size_t>(width)]));
}

FaultBuilder::FaultBuilder(TensorSourcePtr source, TensorSourcePtr bf16, std::string fault, const FaultTarget& target)
    : source_(source),
      originals_(std::make_shared<OriginalWeights>(source, std::move(bf16))),
      fault_(std::move(fault)),
      target_(target),
      tensors_(source->tensors()) {}

void FaultBuilder::missing(const std::string& what) const {
  throw InputError(fmt::format("fault {}: expected {} in {}, found none", fault_, what, source_->description()));
}

std::string FaultBuilder::layer_with(std::string_view suffix) const {
  std::map<int64_t, std::string> layers;
  for (const TensorInfo& tensor : source_->tensors()) {
    constexpr std::string_view kLayers = ".layers.";
    const size_t at = tensor.name.rfind(kLayers);
    if (at == std::string::npos || tensor.name.find("vision") != std::string::npos ||
        tensor.name.find("audio") != std::string::npos)
      continue;
    const size_t number = at + kLayers.size(), dot = tensor.name.find('.', number);
    if (dot == std::string::npos || std::string_view(tensor.name).substr(dot + 1) != suffix) continue;
    layers[std::stoll(tensor.name.substr(number, dot - number))] = tensor.name.substr(0, dot + 1);
  }
  if (layers.empty()) missing(fmt::format("a layer with {}", suffix));
  if (target_.layer < 0) return std::next(layers.begin(), static_cast<int64_t>(layers.size() / 2))->second;
  const auto found = layers.find(target_.layer);
  if (found == layers.end()) missing(fmt::format("{} in layer {}", suffix, target_.layer));
  return found->second;
}

namespace {

// "PREFIX.layers.N.experts." of Gemma 4, or with "mlp." as Qwen's.
std::string experts_of(const FaultBuilder& builder) {
  for (const TensorInfo& tensor : builder.source().tensors())
    if (tensor.name.ends_with(".mlp.experts.0.gate_proj.weight"))
      return builder.layer_with("mlp.experts.0.gate_proj.weight") + "mlp.experts.";
  return builder.layer_with("experts.0.gate_proj.weight") + "experts.";
}

int64_t expert_count(const FaultBuilder& builder, const std::string& experts) {
  int64_t count = 0;
  while (builder.source().find(fmt::format("{}{}.gate_proj.weight", experts, count)) != nullptr) ++count;
  return count;
}

}  // namespace

std::string FaultBuilder::expert(bool cold) const {
  const std::string experts = experts_of(*this);
  const int64_t count = expert_count(*this, experts), asked = cold ? target_.cold_expert : target_.expert;
  const int64_t chosen = asked >= 0 ? asked : cold ? count - 1 : std::min<int64_t>(1, count - 1);
  if (chosen >= count) missing(fmt::format("expert {} of {}", chosen, count));
  return fmt::format("{}{}.", experts, chosen);
}

std::string FaultBuilder::neighbour() const {
  const std::string experts = experts_of(*this), own = expert();
  const int64_t count = expert_count(*this, experts), index = std::stoll(own.substr(experts.size()));
  if (count < 2) missing("two experts");
  return fmt::format("{}{}.", experts, (index + 1) % count);
}

const TensorInfo& FaultBuilder::fp8_weight(const std::string& name) const {
  const TensorInfo* weight = source_->find(name);
  if (weight == nullptr || weight->dtype != DType::kF8E4M3 || source_->find(name + "_scale") == nullptr)
    missing(fmt::format("an F8_E4M3 weight {} with its scale", name));
  return *weight;
}

std::string FaultBuilder::any_weight() const {
  for (const TensorInfo& tensor : source_->tensors())
    if (tensor.name.find(".experts.0.gate_proj.weight") != std::string::npos) return expert() + "gate_proj.weight";
  return layer_with("mlp.gate_proj.weight") + "mlp.gate_proj.weight";
}

std::vector<const TensorInfo*> FaultBuilder::fp8_weights() const {
  std::vector<const TensorInfo*> weights;
  for (const TensorInfo& tensor : source_->tensors())
    if (tensor.dtype == DType::kF8E4M3 && source_->find(tensor.name + "_scale") != nullptr) weights.push_back(&tensor);
  if (weights.empty()) missing("F8_E4M3 weights with scales");
  return weights;
}

void FaultBuilder::replace(const std::string& name, RowFunction read) {
  edits_[source_->at(name).name] = std::move(read);
}

void FaultBuilder::read_from(const std::string& name, const std::string& other) {
  const TensorInfo &shown = source_->at(name), &from = source_->at(other);
  if (shown.shape != from.shape || shown.dtype != from.dtype)
    missing(fmt::format("{} and {} of one shape and dtype", name, other));
  replace(name, [source = source_, &from](int64_t begin, int64_t end, std::span<std::byte> out) {
    source->read_rows(from, begin, end, out);
  });
}

void FaultBuilder::change(const std::string& name, DType dtype, RowFunction read) {
  for (TensorInfo& tensor : tensors_)
    if (tensor.name == name) tensor.dtype = dtype;
  edits_[name] = std::move(read);
}

void FaultBuilder::add_after(const std::string& name, TensorInfo tensor, RowFunction read) {
  const auto at = std::find_if(tensors_.begin(), tensors_.end(), [&](const TensorInfo& t) { return t.name == name; });
  edits_[tensor.name] = std::move(read);
  tensors_.insert(at == tensors_.end() ? at : std::next(at), std::move(tensor));
}

void FaultBuilder::remove(const std::string& name) { removed_.insert(name); }

TensorSourcePtr FaultBuilder::build() {
  std::erase_if(tensors_, [&](const TensorInfo& tensor) { return removed_.contains(tensor.name); });
  return std::make_shared<FaultySource>(std::move(*this));
}

}  // namespace fp8bench
