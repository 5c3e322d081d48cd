// quantized(source): the checkpoint that `fp8bench quantize` would write, made while it is read. The cost of FP8 is
// known before an FP8 checkpoint exists, and nothing is stored but the scales.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>

#include "harness/checkpoint/fp8_recipe.h"
#include "harness/checkpoint/quantize_rows.h"
#include "harness/checkpoint/row_reader.h"
#include "harness/checkpoint/safetensors.h"
#include "harness/io/error.h"

namespace fp8bench {
namespace {

class QuantizedSource final : public TensorSource {
 public:
  explicit QuantizedSource(TensorSourcePtr source) : source_(std::move(source)) {
    const std::string where = source_->description() + "/config.json";
    const bool has_config = !source_->config_text().empty();
    const auto ignore = default_ignore_list(has_config ? model_type_of(source_->config_text(), where) : "");
    plan_ = plan_fp8(*source_, ignore);
    bool any = false;
    for (const PlannedTensor& tensor : plan_) any |= tensor.action == PlannedAction::kCodes;
    if (has_config) config_ = config_with_fp8(source_->config_text(), where, ignore, any);
    order_as_written();
    for (size_t i = 0; i < plan_.size(); ++i) {
      tensors_.push_back(plan_[i].info);
      by_name_.emplace(plan_[i].info.name, i);
    }
    reserve_scales();
  }

  std::string description() const override { return "quantized:" + source_->description(); }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const std::string& config_text() const override { return config_; }
  std::vector<SideFile> side_files() const override { return source_->side_files(); }

  void read_rows(const TensorInfo& tensor, int64_t row_begin, int64_t row_end,
                 std::span<std::byte> out) const override {
    const size_t index = index_of(tensor);
    const PlannedTensor& planned = plan_[index];
    const int64_t begin = planned.row_begin + row_begin, end = planned.row_begin + row_end;
    if (row_begin < 0 || row_end < row_begin || row_end > planned.info.rows() ||
        out.size() != static_cast<size_t>((row_end - row_begin) * planned.info.row_bytes()))
      throw std::invalid_argument(fmt::format("tensor '{}': rows {} to {} of {} into {} bytes", tensor.name, row_begin,
                                              row_end, planned.info.rows(), out.size()));
    if (planned.action == PlannedAction::kCopy) return source_->read_rows(*planned.source, begin, end, out);
    std::atomic<uint16_t>* known = scales_.get() + first_scale_[index];
    if (planned.action == PlannedAction::kCodes) return read_codes(planned, known, row_begin, row_end, out);
    read_scales(planned, known, row_begin, row_end, out);
  }

  std::span<const std::byte> view(const TensorInfo& tensor) const override {
    const PlannedTensor& planned = plan_[index_of(tensor)];
    if (planned.action != PlannedAction::kCopy) return {};
    const auto whole = source_->view(*planned.source);
    if (whole.empty()) return {};
    return whole.subspan(static_cast<size_t>(planned.row_begin * planned.source->row_bytes()),
                         static_cast<size_t>(planned.info.bytes()));
  }

  void release(const TensorInfo& tensor, int64_t row_begin, int64_t row_end) const override {
    const PlannedTensor& planned = plan_[index_of(tensor)];
    source_->release(*planned.source, planned.row_begin + row_begin, planned.row_begin + row_end);
  }

 private:
  // Shards and tensors in the order in which the written checkpoint would list them.
  void order_as_written() {
    std::unordered_map<std::string, size_t> position;
    std::vector<std::string> shards;
    std::unordered_map<std::string, std::vector<TensorInfo>> by_shard;
    for (const PlannedTensor& tensor : plan_) {
      auto& list = by_shard[tensor.info.shard];
      if (list.empty()) shards.push_back(tensor.info.shard);
      list.push_back(tensor.info);
    }
    for (const std::string& shard : shards)
      for (const SafetensorsEntry& entry : plan_safetensors(by_shard[shard]).entries)
        position.emplace(entry.info.name, position.size());
    std::vector<PlannedTensor> ordered(plan_.size());
    for (PlannedTensor& tensor : plan_) ordered[position.at(tensor.info.name)] = std::move(tensor);
    plan_ = std::move(ordered);
  }

  // One slot for each quantized row. A scale is never 0, so 0 means: not known yet.
  void reserve_scales() {
    first_scale_.assign(plan_.size(), 0);
    size_t rows = 0;
    for (size_t i = 0; i < plan_.size(); ++i) {
      if (plan_[i].action != PlannedAction::kCodes) continue;
      first_scale_[i] = rows;
      first_scale_[by_name_.at(plan_[i].info.name + "_scale")] = rows;
      rows += static_cast<size_t>(plan_[i].info.rows());
    }
    scales_ = std::make_unique<std::atomic<uint16_t>[]>(rows);
  }

  size_t index_of(const TensorInfo& tensor) const {
    // Usually one of ours; a copy is found by its name.
    if (!tensors_.empty() && &tensor >= tensors_.data() && &tensor < tensors_.data() + tensors_.size())
      return static_cast<size_t>(&tensor - tensors_.data());
    const auto found = by_name_.find(tensor.name);
    if (found == by_name_.end())
      throw InputError(fmt::format("{}: expected a tensor '{}', found none", description(), tensor.name));
    return found->second;
  }

  void read_codes(const PlannedTensor& planned, std::atomic<uint16_t>* known, int64_t row_begin, int64_t row_end,
                  std::span<std::byte> out) const {
    const std::span<uint8_t> codes(reinterpret_cast<uint8_t*>(out.data()), out.size());
    quantize_pieces(planned, row_begin, row_end, codes, known);
  }

  void read_scales(const PlannedTensor& planned, std::atomic<uint16_t>* known, int64_t row_begin, int64_t row_end,
                   std::span<std::byte> out) const {
    auto* scales = reinterpret_cast<uint16_t*>(out.data());
    for (int64_t row = row_begin; row < row_end; ++row) {
      uint16_t scale = known[row].load(std::memory_order_relaxed);
      if (scale == 0) {
        quantize_pieces(planned, row, row_end, {}, known);
        scale = known[row].load(std::memory_order_relaxed);
      }
      scales[row - row_begin] = scale;
    }
  }

  // Fills `known` for these rows, and `codes` unless it is empty.
  void quantize_pieces(const PlannedTensor& planned, int64_t row_begin, int64_t row_end, std::span<uint8_t> codes,
                       std::atomic<uint16_t>* known) const {
    RowReader reader;
    std::vector<uint16_t> scales;
    const int64_t width = planned.source->row_elements(), step = rows_per_piece(*planned.source);
    for (int64_t row = row_begin; row < row_end; row += step) {
      const int64_t end = std::min(row + step, row_end);
      const auto weights = reader.rows(*source_, *planned.source, planned.row_begin + row, planned.row_begin + end);
      scales.resize(static_cast<size_t>(end - row));
      const auto part = codes.empty() ? codes
                                      : codes.subspan(static_cast<size_t>((row - row_begin) * width),
                                                      static_cast<size_t>((end - row) * width));
      quantize_rows(planned, row, width, as_bf16(weights), part, scales);
      for (int64_t i = row; i < end; ++i)
        known[i].store(scales[static_cast<size_t>(i - row)], std::memory_order_relaxed);
    }
  }

  TensorSourcePtr source_;
  std::vector<PlannedTensor> plan_;  // parallel to tensors_
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, size_t> by_name_;
  std::string config_;
  std::vector<size_t> first_scale_;  // of weights and scales: their rows' place in scales_
  std::unique_ptr<std::atomic<uint16_t>[]> scales_;
};

}  // namespace

TensorSourcePtr quantized(TensorSourcePtr source) { return std::make_shared<QuantizedSource>(std::move(source)); }

}  // namespace fp8bench
