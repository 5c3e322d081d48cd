// synth:VARIANT?seed=N&layers=L: a checkpoint of true shapes that exists nowhere. The same seed gives the same bytes,
// and a model cut to L layers has the bytes of the whole one's first L layers.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "harness/checkpoint/architectures.h"
#include "harness/checkpoint/model_config.h"
#include "harness/checkpoint/synthetic_variants.h"
#include "harness/checkpoint/synthetic_weights.h"
#include "harness/checkpoint/tensor_rules.h"
#include "harness/checkpoint/tensor_source.h"
#include "harness/io/error.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr std::string_view kScheme = "synth:";
constexpr const char* kPrefix = "model.language_model.";
constexpr int64_t kShardBytes = 5'000'000'000;  // where Hugging Face's writer starts a new one
constexpr int64_t kBytesPerThread = 256 << 10;  // less is not worth a thread

struct Options {
  const SyntheticVariant* variant = nullptr;
  uint64_t seed = 1;
  int64_t layers = 0;  // 0: all
};

uint64_t parse_number(const std::string& spec, std::string_view key, std::string_view value, uint64_t low,
                      uint64_t high) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < low || number > high)
    throw InputError(fmt::format("{}: {}: expected an integer from {} to {}, found '{}'", spec, key, low, high, value));
  return number;
}

Options parse_spec(const std::string& spec) {
  std::string_view rest = std::string_view(spec).substr(kScheme.size());
  const size_t question = rest.find('?');
  const std::string_view name = rest.substr(0, question);
  Options options;
  std::vector<std::string_view> known;
  for (const SyntheticVariant& variant : synthetic_variants()) {
    known.push_back(variant.name);
    if (variant.name == name) options.variant = &variant;
  }
  if (options.variant == nullptr)
    throw InputError(fmt::format("{}: expected a variant ({}), found '{}'", spec, fmt::join(known, ", "), name));
  rest = question == std::string_view::npos ? std::string_view{} : rest.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view option = rest.substr(0, rest.find('&'));
    rest = option.size() == rest.size() ? std::string_view{} : rest.substr(option.size() + 1);
    const size_t equals = option.find('=');
    const std::string_view key = option.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : option.substr(equals + 1);
    if (key == "seed")
      options.seed = parse_number(spec, key, value, 0, UINT64_MAX);
    else if (key == "layers")
      options.layers =
          static_cast<int64_t>(parse_number(spec, key, value, 1, static_cast<uint64_t>(options.variant->layers)));
    else
      throw InputError(fmt::format("{}: expected the options seed=N and layers=L, found '{}'", spec, option));
  }
  return options;
}

class SyntheticSource final : public TensorSource {
 public:
  explicit SyntheticSource(const Options& options) : seed_(options.seed) {
    const SyntheticVariant& variant = *options.variant;
    const int64_t layers = options.layers == 0 ? variant.layers : options.layers;
    description_ = fmt::format("{}{}?seed={}", kScheme, variant.name, options.seed);
    if (layers != variant.layers) description_ += fmt::format("&layers={}", layers);
    config_text_ = synthetic_config(variant, layers);
    config_ = parse_model_config(config_text_, description_);
    add_model_tensors(true);
    for (size_t l = 0; l < config_.layers.size(); ++l) add_layer(l);
    add_model_tensors(false);
    name_shards();
  }

  std::string description() const override { return description_; }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const std::string& config_text() const override { return config_text_; }

  void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                 std::span<std::byte> out) const override {
    const TensorInfo& info = at(tensor.name);
    const int64_t rows = row_end - row_begin, columns = info.row_elements();
    if (row_begin < 0 || rows < 0 || row_end > info.rows() ||
        static_cast<int64_t>(out.size()) != rows * info.row_bytes())
      throw std::invalid_argument(fmt::format("tensor '{}': rows {} to {} of {} into {} bytes", info.name, row_begin,
                                              row_end, info.rows(), out.size()));
    const auto index = static_cast<size_t>(&info - tensors_.data());
    const uint64_t key = synthetic_key(seed_, info.name);
    const int64_t grain = std::max<int64_t>(1, kBytesPerThread / std::max<int64_t>(1, info.row_bytes()));
    // The caller's buffer may have any alignment, and rows are made as uint16_t: odd addresses go through a row of our
    // own.
    auto* target = reinterpret_cast<uint16_t*>(out.data());
    const bool aligned = reinterpret_cast<uintptr_t>(out.data()) % alignof(uint16_t) == 0;
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      if (aligned) {
        const std::span<uint16_t> part(target + begin * columns, static_cast<size_t>((end - begin) * columns));
        return fill_synthetic_rows({seed_, key, columns, row_begin + begin}, styles_[index], part);
      }
      std::vector<uint16_t> row(static_cast<size_t>(columns));
      for (int64_t r = begin; r < end; ++r) {
        fill_synthetic_rows({seed_, key, columns, row_begin + r}, styles_[index], row);
        std::memcpy(out.data() + r * info.row_bytes(), row.data(), static_cast<size_t>(info.row_bytes()));
      }
    });
  }

 private:
  void add(const std::string& prefix, std::string_view suffix, std::vector<int64_t> shape, int64_t head_dim) {
    styles_.push_back(weight_style(suffix, shape.back(), head_dim, config_.embed_scale, config_.ple_scale));
    tensors_.push_back({prefix + std::string(suffix), DType::kBF16, std::move(shape), ""});
  }

  // Before the layers: everything but the final norm.
  void add_model_tensors(bool before_layers) {
    for (const ModelTensorRule& rule : tensor_rules_of(config_).model) {
      const bool final_norm = rule.member == &TensorMap::final_norm;
      if (!applies(rule.when, config_, nullptr) || final_norm == before_layers) continue;
      std::vector<int64_t> shape;
      for (const Size size : rule.shape) shape.push_back(size_of(size, config_, nullptr));
      add(kPrefix, rule.name, std::move(shape), 1);
    }
    if (before_layers && config_.ple > 0)
      add(kPrefix, std::string(kPleModelProjection) + ".weight",
          {size_of(Size::kPleAllLayers, config_, nullptr), config_.hidden}, 1);
  }

  void add_layer(size_t l) {
    const LayerConfig& layer = config_.layers[l];
    const std::string prefix = fmt::format("{}layers.{}.", kPrefix, l);
    for (const LayerVectorRule& rule : tensor_rules_of(config_).vectors)
      if (applies(rule.when, config_, &layer))
        add(prefix, rule.name, {size_of(rule.size, config_, &layer)}, layer.head_dim);
    for (const LayerLinearRule& rule : tensor_rules_of(config_).linears)
      if (applies(rule.when, config_, &layer))
        add(prefix, std::string(rule.module) + ".weight",
            {size_of(rule.outputs, config_, &layer), size_of(rule.inputs, config_, &layer)}, layer.head_dim);
    if (!layer.moe) return;
    add(prefix, "experts.gate_up_proj", {config_.experts, 2 * config_.moe_ffn, config_.hidden}, layer.head_dim);
    add(prefix, "experts.down_proj", {config_.experts, config_.hidden, config_.moe_ffn}, layer.head_dim);
  }

  void name_shards() {
    std::vector<int64_t> shard_of;
    int64_t shards = 1, filled = 0;
    for (const TensorInfo& tensor : tensors_) {
      if (filled > 0 && filled + tensor.bytes() > kShardBytes) {
        ++shards;
        filled = 0;
      }
      filled += tensor.bytes();
      shard_of.push_back(shards);
    }
    for (size_t i = 0; i < tensors_.size(); ++i)
      tensors_[i].shard =
          shards == 1 ? "model.safetensors" : fmt::format("model-{:05}-of-{:05}.safetensors", shard_of[i], shards);
  }

  uint64_t seed_;
  std::string description_, config_text_;
  ModelConfig config_;
  std::vector<TensorInfo> tensors_;
  std::vector<WeightStyle> styles_;  // one per tensor
};

}  // namespace

TensorSourcePtr open_synthetic_source(const std::string& spec) {
  if (!spec.starts_with(kScheme))
    throw InputError(fmt::format("{}: expected a name that begins with {}", spec, kScheme));
  return std::make_shared<SyntheticSource>(parse_spec(spec));
}

}  // namespace fp8bench
