#include "harness/checkpoint/partly_quantized.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

#include "harness/checkpoint/fault_builder.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

constexpr std::string_view kWeight = ".weight";

class PartlyQuantized final : public TensorSource {
 public:
  PartlyQuantized(TensorSourcePtr bf16, TensorSourcePtr fp8, std::string name, const WeightChoice& in_fp8)
      : fp8_(std::move(fp8)), originals_(fp8_, bf16), name_(std::move(name)) {
    auto config = nlohmann::ordered_json::parse(fp8_->config_text(), nullptr, false);
    if (config.is_discarded() || !config.contains("quantization_config"))
      throw InputError(fmt::format("{}/config.json: expected a quantization_config, found none", fp8_->description()));
    auto& ignore = config["quantization_config"]["ignore"];
    for (const TensorInfo& tensor : fp8_->tensors()) {
      if (tensor.dtype != DType::kF8E4M3 || !tensor.name.ends_with(kWeight) || in_fp8(tensor.name)) continue;
      restored_.insert(tensor.name);
      ignore.push_back(tensor.name.substr(0, tensor.name.size() - kWeight.size()));
    }
    for (TensorInfo tensor : fp8_->tensors()) {
      if (tensor.name.ends_with("_scale") && restored_.contains(tensor.name.substr(0, tensor.name.size() - 6)))
        continue;
      if (restored_.contains(tensor.name)) tensor.dtype = DType::kBF16;
      tensors_.push_back(std::move(tensor));
    }
    config_ = config.dump();
  }

  std::string description() const override { return fmt::format("{} in FP8:{}", name_, fp8_->description()); }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const std::string& config_text() const override { return config_; }
  std::vector<SideFile> side_files() const override { return fp8_->side_files(); }

  void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                 std::span<std::byte> out) const override {
    const TensorInfo& stored = fp8_->at(tensor.name);
    if (!restored_.contains(tensor.name)) return fp8_->read_rows(stored, row_begin, row_end, out);
    originals_.rows(stored, row_begin, row_end, {reinterpret_cast<uint16_t*>(out.data()), out.size() / 2});
  }
  std::span<const std::byte> view(const TensorInfo& tensor) const override {
    return restored_.contains(tensor.name) ? std::span<const std::byte>{} : fp8_->view(fp8_->at(tensor.name));
  }
  void release(const TensorInfo& tensor, int64_t row_begin, int64_t row_end) const override {
    if (!restored_.contains(tensor.name)) fp8_->release(fp8_->at(tensor.name), row_begin, row_end);
  }

 private:
  TensorSourcePtr fp8_;
  OriginalWeights originals_;
  std::string name_, config_;
  std::unordered_set<std::string> restored_;  // weights that are BF16 again
  std::vector<TensorInfo> tensors_;
};

}  // namespace

TensorSourcePtr partly_quantized(TensorSourcePtr bf16, TensorSourcePtr fp8, const std::string& name,
                                 const WeightChoice& in_fp8) {
  return std::make_shared<PartlyQuantized>(std::move(bf16), std::move(fp8), name, in_fp8);
}

}  // namespace fp8bench
