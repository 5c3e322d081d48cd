#include "harness/checkpoint/audit_scan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string_view>

#include "harness/checkpoint/audit_derivation.h"
#include "harness/checkpoint/quantizer.h"
#include "harness/checkpoint/row_reader.h"
#include "kernels/bf16.h"
#include "kernels/parallel.h"

namespace fp8bench {
namespace {

constexpr std::string_view kScaleSuffix = "weight_scale";
constexpr uint16_t kZeroRowScale = 0x3C00;

// The mantissas that bf16(amax / 448) never has: the image of the 128 mantissas of amax is 114 of 128.
bool is_illegal_mantissa(uint16_t scale) {
  const int mantissa = scale & 0x7F, exponent = (scale >> 7) & 0xFF;
  return exponent != 0 && mantissa >= 0x14 && mantissa <= 0x7C && mantissa % 8 == 4;
}

bool is_unsound(uint16_t scale) {
  const int exponent = (scale >> 7) & 0xFF;
  return (scale & 0x8000) != 0 || exponent == 0 || exponent == 0xFF;  // negative, zero or subnormal, infinity or NaN
}

struct Scan {
  const ScanInput& input;
  std::vector<TensorFacts> facts;
  std::unordered_map<std::string, size_t> index;
  struct Piece {
    size_t tensor;
    int64_t begin, end;
  };
  std::vector<Piece> pieces;
  std::mutex mutex;

  struct Scratch {
    RowReader found, scales, source, sibling;
    std::vector<uint8_t> codes;
  };

  explicit Scan(const ScanInput& scan_input) : input(scan_input) {
    const auto& tensors = input.checkpoint.tensors();
    facts.resize(tensors.size());
    for (size_t i = 0; i < tensors.size(); ++i) index.emplace(tensors[i].name, i);
    for (size_t i = 0; i < tensors.size(); ++i) prepare(tensors[i], facts[i]);
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (facts[i].is_scale_of_weight || tensors[i].bytes() == 0) continue;
      const int64_t rows = tensors[i].rows(), step = rows_per_piece(tensors[i]);
      for (int64_t row = 0; row < rows; row += step) pieces.push_back({i, row, std::min(row + step, rows)});
    }
  }

  void prepare(const TensorInfo& tensor, TensorFacts& own) {
    own.tensor = &tensor;
    if (tensor.dtype == DType::kF8E4M3) {
      const auto found = index.find(tensor.name + "_scale");
      const TensorInfo* scale = found == index.end() ? nullptr : &input.checkpoint.tensors()[found->second];
      if (scale != nullptr && scale->dtype == DType::kBF16 && scale->elements() == tensor.rows()) {
        own.scale = scale;
        own.scale_index = static_cast<int64_t>(found->second);
        facts[found->second].is_scale_of_weight = true;
      }
    }
    if (input.source == nullptr) return;
    const auto planned = input.planned.find(tensor.name);
    if (planned != input.planned.end()) own.planned = planned->second;
    own.comparison = comparable(tensor, own.planned);
  }

  Comparison comparable(const TensorInfo& tensor, const PlannedTensor* planned) const {
    Comparison comparison;
    const TensorInfo* expected = planned != nullptr ? &planned->info : input.source->find(tensor.name);
    if (expected == nullptr) {
      comparison.reason = "the source has no tensor that it could come from";
    } else if (expected->dtype != tensor.dtype || expected->shape != tensor.shape) {
      comparison.reason =
          fmt::format("expected {} [{}], found {} [{}]", dtype_name(expected->dtype), fmt::join(expected->shape, ", "),
                      dtype_name(tensor.dtype), fmt::join(tensor.shape, ", "));
    } else {
      comparison.compared = true;
    }
    return comparison;
  }

  void run() {
    parallel_for(static_cast<int64_t>(pieces.size()), 1, [&](int64_t first, int64_t last) {
      Scratch scratch;
      for (int64_t i = first; i < last; ++i) scan_piece(pieces[static_cast<size_t>(i)], scratch);
    });
    // A tensor whose codes differ may still be the direct-f32 variant, if it is so in every row.
    parallel_for(static_cast<int64_t>(pieces.size()), 1, [&](int64_t first, int64_t last) {
      Scratch scratch;
      for (int64_t i = first; i < last; ++i) explain_piece(pieces[static_cast<size_t>(i)], scratch);
    });
  }

  std::span<const std::byte> source_rows(const TensorFacts& own, int64_t begin, int64_t end, RowReader& reader) const {
    const TensorInfo& tensor = own.planned != nullptr ? *own.planned->source : input.source->at(own.tensor->name);
    const int64_t offset = own.planned != nullptr ? own.planned->row_begin : 0;
    return reader.rows(*input.source, tensor, offset + begin, offset + end);
  }

  void release(const TensorFacts& own, int64_t begin, int64_t end) const {
    input.checkpoint.release(*own.tensor, begin, end);
    if (!own.comparison.compared) return;
    const int64_t offset = own.planned != nullptr ? own.planned->row_begin : 0;
    input.source->release(own.planned != nullptr ? *own.planned->source : input.source->at(own.tensor->name),
                          offset + begin, offset + end);
  }

  void scan_piece(const Piece& piece, Scratch& scratch) {
    const TensorFacts& own = facts[piece.tensor];
    TensorFacts local, scale_local;
    const auto bytes = scratch.found.rows(input.checkpoint, *own.tensor, piece.begin, piece.end);
    if (own.tensor->dtype == DType::kF8E4M3) {
      scan_codes(own, piece, bytes, scratch, local, scale_local);
    } else {
      if (own.tensor->name.ends_with(kScaleSuffix) && own.tensor->dtype == DType::kBF16) {
        const auto scales = as_bf16(bytes);
        for (size_t i = 0; i < scales.size(); ++i)
          scan_scale(piece.begin + static_cast<int64_t>(i), scales[i], false, local);
      }
      if (own.comparison.compared && (own.planned == nullptr || own.planned->action == PlannedAction::kCopy))
        compare_copied_rows(piece.begin, *own.tensor, bytes, source_rows(own, piece.begin, piece.end, scratch.source),
                            local.comparison);
      if (own.comparison.compared && own.planned != nullptr && own.planned->action == PlannedAction::kScales)
        compare_lone_scales(own, piece, bytes, scratch, local);
    }
    release(own, piece.begin, piece.end);
    const std::lock_guard lock(mutex);
    facts[piece.tensor].merge(local);
    if (own.scale_index >= 0) facts[static_cast<size_t>(own.scale_index)].merge(scale_local);
  }

  void scan_codes(const TensorFacts& own, const Piece& piece, std::span<const std::byte> bytes, Scratch& scratch,
                  TensorFacts& local, TensorFacts& scale_local) {
    const auto width = static_cast<size_t>(own.tensor->row_elements());
    const std::span<const uint8_t> codes(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    std::span<const uint16_t> scales, weights;
    if (own.scale != nullptr)
      scales = as_bf16(
          scratch.scales.rows(input.checkpoint, *own.scale, scale_row(own, piece.begin), scale_row(own, piece.end)));
    const bool quantized =
        own.comparison.compared && own.planned != nullptr && own.planned->action == PlannedAction::kCodes;
    if (quantized) weights = as_bf16(source_rows(own, piece.begin, piece.end, scratch.source));
    for (int64_t row = piece.begin; row < piece.end; ++row) {
      const auto at = static_cast<size_t>(row - piece.begin);
      const auto row_codes = codes.subspan(at * width, width);
      const uint16_t* scale = scales.empty() ? nullptr : &scales[at];
      bool explained = false;
      if (quantized) {
        explained = compare_quantized_row(row, weights.subspan(at * width, width), row_codes, scale, scratch.codes,
                                          local, scale_local.comparison);
        if (!explained) check_sibling(own, row, row_codes, scratch, local);
      }
      count_row(row, row_codes, scale, explained, local);
      if (scale != nullptr) scan_scale(row, *scale, explained, scale_local);
    }
    if (own.comparison.compared && !quantized)
      compare_copied_rows(piece.begin, *own.tensor, bytes, source_rows(own, piece.begin, piece.end, scratch.source),
                          local.comparison);
  }

  // Scales may be stored as [rows, 1] or as one row of [rows].
  static int64_t scale_row(const TensorFacts& own, int64_t row) {
    return own.scale->rows() == own.tensor->rows() ? row : row > 0 ? own.scale->rows() : 0;
  }

  void count_row(int64_t row, std::span<const uint8_t> codes, const uint16_t* scale, bool explained,
                 TensorFacts& local) {
    const CodeCounts counts = row_kernels().count(codes.data(), codes.size());
    local.codes.nan += counts.nan, local.codes.largest += counts.largest;
    local.codes.zero += counts.zero, local.codes.subnormal += counts.subnormal;
    ++local.code_rows;
    if (counts.nan > 0) local.nan_codes.add(row, [&] { return fmt::format("row {}: {} NaN codes", row, counts.nan); });
    if (counts.zero == static_cast<int64_t>(codes.size())) {
      ++local.zero_rows;
      if (scale != nullptr && *scale != kZeroRowScale && !explained)
        local.wrong_zero_scales.add(row, [&] {
          return fmt::format("row {}: all codes are zero, expected scale 0x3C00, found 0x{:04X}", row, *scale);
        });
    } else if (counts.largest == 0 && !explained) {
      local.rows_without_largest.add(row, [&] { return fmt::format("row {}: no code is +-448", row); });
    }
  }

  // A subnormal scale is unsound unless the source's row really is that small.
  static void scan_scale(int64_t row, uint16_t scale, bool explained, TensorFacts& local) {
    ++local.scales;
    if (is_unsound(scale) && !explained)
      local.unsound_scales.add(
          row, [&] { return fmt::format("row {}: scale 0x{:04X} = {}", row, scale, bf16_to_f32(scale)); });
    if (is_illegal_mantissa(scale))
      local.illegal_mantissas.add(
          row, [&] { return fmt::format("row {}: scale 0x{:04X} is not bf16(amax / 448) of any amax", row, scale); });
  }

  // Is this row what the recipe makes of the other half of gate_up?
  void check_sibling(const TensorFacts& own, int64_t row, std::span<const uint8_t> codes, Scratch& scratch,
                     TensorFacts& local) {
    const std::string& own_name = own.tensor->name;
    const size_t gate = own_name.rfind("gate_proj."), up = own_name.rfind("up_proj.");
    if (gate == std::string::npos && up == std::string::npos) return;
    const std::string name = gate != std::string::npos
                                 ? fmt::format("{}up{}", own_name.substr(0, gate), own_name.substr(gate + 4))
                                 : fmt::format("{}gate{}", own_name.substr(0, up), own_name.substr(up + 2));
    const auto sibling = input.planned.find(name);
    if (sibling == input.planned.end() || sibling->second->action != PlannedAction::kCodes ||
        sibling->second->info.shape != own.tensor->shape)
      return;
    const int64_t at = sibling->second->row_begin + row;
    const auto weights = as_bf16(scratch.sibling.rows(*input.source, *sibling->second->source, at, at + 1));
    scratch.codes.resize(weights.size());
    quantize_row_fp8(weights, scratch.codes);
    if (std::memcmp(scratch.codes.data(), codes.data(), codes.size()) != 0) return;
    if (std::all_of(codes.begin(), codes.end(), [](uint8_t code) { return (code & 0x7F) == 0; }))
      return;  // zero rows say nothing
    local.other_half.add(row, [&] { return fmt::format("row {} is row {} of {}", row, row, name); });
  }

  // A scale tensor without its F8 weight (skipped or renamed): compared with the source's rows alone.
  void compare_lone_scales(const TensorFacts& own, const Piece& piece, std::span<const std::byte> bytes,
                           Scratch& scratch, TensorFacts& local) {
    const auto weights = as_bf16(source_rows(own, piece.begin, piece.end, scratch.source));
    const auto scales = as_bf16(bytes);
    const auto width = static_cast<size_t>(own.planned->source->row_elements());
    for (size_t i = 0; i < scales.size(); ++i) {
      const uint16_t expected = row_scale_fp8(weights.subspan(i * width, width));
      if (expected == scales[i]) continue;
      const int64_t row = piece.begin + static_cast<int64_t>(i);
      local.comparison.largest_step = std::numeric_limits<int64_t>::max();
      local.comparison.differing.add(row, [&] {
        return fmt::format("row {}: expected scale 0x{:04X}, found 0x{:04X}", row, expected, scales[i]);
      });
    }
  }

  void explain_piece(const Piece& piece, Scratch& scratch) {
    const TensorFacts& own = facts[piece.tensor];
    if (own.comparison.differing.count == 0 || own.planned == nullptr || own.planned->action != PlannedAction::kCodes)
      return;
    const auto width = static_cast<size_t>(own.tensor->row_elements());
    const auto bytes = scratch.found.rows(input.checkpoint, *own.tensor, piece.begin, piece.end);
    const auto weights = as_bf16(source_rows(own, piece.begin, piece.end, scratch.source));
    const std::span<const uint8_t> codes(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    int64_t rows_not_direct = 0;
    for (size_t at = 0; at < codes.size(); at += width)
      rows_not_direct += !is_direct_f32_row(weights.subspan(at, width), codes.subspan(at, width), scratch.codes);
    release(own, piece.begin, piece.end);
    const std::lock_guard lock(mutex);
    facts[piece.tensor].comparison.rows_not_direct += rows_not_direct;
  }
};

}  // namespace

void Occurrences::merge(const Occurrences& other) {
  count += other.count;
  if (other.row >= row) return;
  row = other.row;
  first = other.first;
}

void TensorFacts::merge(const TensorFacts& piece) {
  codes.nan += piece.codes.nan, codes.largest += piece.codes.largest;
  codes.zero += piece.codes.zero, codes.subnormal += piece.codes.subnormal;
  code_rows += piece.code_rows, zero_rows += piece.zero_rows, scales += piece.scales,
      rows_compared += piece.rows_compared;
  signal += piece.signal, noise += piece.noise;
  nan_codes.merge(piece.nan_codes), rows_without_largest.merge(piece.rows_without_largest),
      wrong_zero_scales.merge(piece.wrong_zero_scales);
  unsound_scales.merge(piece.unsound_scales), illegal_mantissas.merge(piece.illegal_mantissas);
  beyond_bound.merge(piece.beyond_bound), other_half.merge(piece.other_half);
  comparison.differing.merge(piece.comparison.differing);
  comparison.largest_step = std::max(comparison.largest_step, piece.comparison.largest_step);
}

std::vector<TensorFacts> scan_checkpoint(const ScanInput& input) {
  Scan scan(input);
  scan.run();
  return std::move(scan.facts);
}

}  // namespace fp8bench
