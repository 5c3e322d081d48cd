// faulty(source, fault): one function for each checkpoint fault of faults.cc, in a table of the same names.
#include "harness/checkpoint/faulty_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <set>

#include "harness/checkpoint/fault_builder.h"
#include "harness/checkpoint/faults.h"
#include "harness/checkpoint/quantizer.h"
#include "harness/checkpoint/row_kernels.h"
#include "harness/checkpoint/row_reader.h"
#include "harness/io/error.h"
#include "kernels/bf16.h"

namespace fp8bench {
namespace {

constexpr std::array kParts = {"gate_proj.weight", "up_proj.weight", "down_proj.weight"};

std::span<uint16_t> bf16_span(std::span<std::byte> bytes) {
  return {reinterpret_cast<uint16_t*>(bytes.data()), bytes.size() / 2};
}
std::span<uint8_t> byte_span(std::span<std::byte> bytes) {
  return {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()};
}

// Wraps the source's own rows in an edit of them. The source outlives every edit: the fault owns both.
template <typename Edit>
RowFunction edited(const FaultBuilder& builder, const std::string& name, Edit edit) {
  return [&source = builder.source(), &tensor = builder.source().at(name), edit](int64_t begin, int64_t end,
                                                                                 std::span<std::byte> out) {
    source.read_rows(tensor, begin, end, out);
    edit(begin, end, out);
  };
}

void multiply_scales(FaultBuilder& builder, const std::string& expert, double factor) {
  for (const char* part : kParts) {
    const std::string name = builder.fp8_weight(expert + part).name + "_scale";
    builder.replace(
        name, edited(builder, name, [factor = static_cast<float>(factor)](int64_t, int64_t, std::span<std::byte> out) {
          for (uint16_t& scale : bf16_span(out)) scale = f32_to_bf16(bf16_to_f32(scale) * factor);
        }));
  }
}

void expert_scale_103(FaultBuilder& builder) { multiply_scales(builder, builder.expert(), builder.size(1.03)); }
void expert_scale_2(FaultBuilder& builder) { multiply_scales(builder, builder.expert(), builder.size(2)); }
void cold_expert_scale_2(FaultBuilder& builder) { multiply_scales(builder, builder.expert(true), builder.size(2)); }

void swap_tensors(FaultBuilder& builder, const std::string& a, const std::string& b) {
  for (const char* suffix : {"", "_scale"}) {
    builder.read_from(builder.fp8_weight(a).name + suffix, b + suffix);
    builder.read_from(builder.fp8_weight(b).name + suffix, a + suffix);
  }
}

void experts_swapped(FaultBuilder& builder) {
  for (const char* part : kParts) swap_tensors(builder, builder.expert() + part, builder.neighbour() + part);
}

void gate_up_swapped(FaultBuilder& builder) {
  swap_tensors(builder, builder.expert() + kParts[0], builder.expert() + kParts[1]);
}

// The whole checkpoint (or its first tensors), as a per-tensor recipe would make it; each scale is repeated so that the
// shapes stay those of a channel recipe.
void per_tensor_scales(FaultBuilder& builder) {
  struct Tensor {
    std::once_flag once;
    uint16_t scale = 0;
  };
  std::vector<const TensorInfo*> weights = builder.fp8_weights();
  weights.resize(std::min(weights.size(), static_cast<size_t>(builder.size(static_cast<double>(weights.size())))));
  for (const TensorInfo* weight : weights) {
    const auto state = std::make_shared<Tensor>();
    const auto scale_of = [state, originals = builder.originals(), weight] {
      std::call_once(state->once, [&] {
        uint16_t amax = 0;
        const int64_t step = rows_per_piece(*weight);
        std::vector<uint16_t> rows;
        for (int64_t row = 0; row < weight->rows(); row += step) {
          const int64_t end = std::min(row + step, weight->rows());
          rows.resize(static_cast<size_t>((end - row) * weight->row_elements()));
          originals->rows(*weight, row, end, rows);
          amax = std::max(amax, row_kernels().amax(rows.data(), rows.size()));
        }
        state->scale = row_scale_fp8({&amax, 1});
      });
      return state->scale;
    };
    builder.replace(weight->name, [scale_of, originals = builder.originals(), weight](int64_t begin, int64_t end,
                                                                                      std::span<std::byte> out) {
      std::vector<uint16_t> rows(out.size());
      originals->rows(*weight, begin, end, rows);
      row_kernels().encode(rows.data(), rows.size(), bf16_to_f32(scale_of()), false, byte_span(out).data());
    });
    builder.replace(weight->name + "_scale", [scale_of](int64_t, int64_t, std::span<std::byte> out) {
      for (uint16_t& scale : bf16_span(out)) scale = scale_of();
    });
  }
}

void scales_rotated(FaultBuilder& builder) {
  const TensorInfo& scale = builder.source().at(builder.fp8_weight(builder.any_weight()).name + "_scale");
  builder.replace(
      scale.name, [&source = builder.source(), &scale](int64_t begin, int64_t end, std::span<std::byte> out) {
        for (int64_t row = begin; row < end; ++row) {
          const int64_t next = (row + 1) % scale.rows();
          source.read_rows(scale, next, next + 1,
                           out.subspan(static_cast<size_t>(row - begin) * sizeof(uint16_t), sizeof(uint16_t)));
        }
      });
}

void scale_off_by_one(FaultBuilder& builder) {
  const TensorInfo& scale = builder.source().at(builder.fp8_weight(builder.any_weight()).name + "_scale");
  builder.replace(scale.name, edited(builder, scale.name,
                                     [row = scale.rows() / 2, steps = static_cast<uint16_t>(builder.size(1))](
                                         int64_t begin, int64_t end, std::span<std::byte> out) {
                                       if (row >= begin && row < end)
                                         bf16_span(out)[static_cast<size_t>(row - begin)] += steps;
                                     }));
}

void code_flipped(FaultBuilder& builder) {
  const TensorInfo& weight = builder.fp8_weight(builder.any_weight());
  const std::vector<std::byte> codes = builder.source().read(weight);
  // From the middle on, the first codes that are neither +-448, whose neighbour is NaN, nor below the normal numbers.
  const auto flipped = std::make_shared<std::set<size_t>>();
  const size_t middle = static_cast<size_t>((weight.rows() / 2) * weight.row_elements() + weight.row_elements() / 2);
  const auto wanted = static_cast<size_t>(builder.size(1));
  for (size_t i = 0; i < codes.size() && flipped->size() < wanted; ++i) {
    const size_t at = (middle + i) % codes.size();
    const auto magnitude = std::to_integer<int>(codes[at]) & 0x7F;
    if (magnitude >= 8 && magnitude < 0x7E) flipped->insert(at);
  }
  if (flipped->empty()) builder.missing(fmt::format("a normal code in {}", weight.name));
  builder.replace(weight.name, edited(builder, weight.name,
                                      [flipped, width = static_cast<size_t>(weight.row_elements())](
                                          int64_t begin, int64_t, std::span<std::byte> out) {
                                        const size_t first = static_cast<size_t>(begin) * width;
                                        for (auto at = flipped->lower_bound(first);
                                             at != flipped->end() && *at < first + out.size(); ++at)
                                          out[*at - first] ^= std::byte{1};
                                      }));
}

// A BF16 tensor that becomes F8 with one scale for each of its rows.
void quantize_tensor(FaultBuilder& builder, const TensorInfo& tensor, std::vector<int64_t> scale_shape) {
  if (tensor.dtype != DType::kBF16) builder.missing(fmt::format("a BF16 tensor {}", tensor.name));
  const auto quantize = [&source = builder.source(), &tensor](int64_t begin, int64_t end, std::vector<uint8_t>& codes,
                                                              std::vector<uint16_t>& scales) {
    const auto width = static_cast<size_t>(tensor.row_elements()), count = static_cast<size_t>(end - begin);
    std::vector<uint16_t> rows(count * width);
    source.read_rows(tensor, begin, end, std::as_writable_bytes(std::span(rows)));
    codes.resize(rows.size()), scales.resize(count);
    for (size_t i = 0; i < count; ++i)
      scales[i] =
          quantize_row_fp8(std::span(rows).subspan(i * width, width), std::span(codes).subspan(i * width, width));
  };
  builder.change(tensor.name, DType::kF8E4M3, [quantize](int64_t begin, int64_t end, std::span<std::byte> out) {
    std::vector<uint8_t> codes;
    std::vector<uint16_t> scales;
    quantize(begin, end, codes, scales);
    std::memcpy(out.data(), codes.data(), out.size());
  });
  builder.add_after(tensor.name, {tensor.name + "_scale", DType::kBF16, std::move(scale_shape), tensor.shard},
                    [quantize](int64_t begin, int64_t end, std::span<std::byte> out) {
                      std::vector<uint8_t> codes;
                      std::vector<uint16_t> scales;
                      quantize(begin, end, codes, scales);
                      std::memcpy(out.data(), scales.data(), out.size());
                    });
}

void router_fp8(FaultBuilder& builder) {
  bool qwen = false;
  for (const TensorInfo& tensor : builder.source().tensors()) qwen |= tensor.name.ends_with(".mlp.gate.weight");
  const std::string suffix = qwen ? "mlp.gate.weight" : "router.proj.weight";
  const TensorInfo& router = builder.source().at(builder.layer_with(suffix) + suffix);
  quantize_tensor(builder, router, {router.rows(), 1});
}

void norm_quantized(FaultBuilder& builder) {
  const std::string suffix = "post_feedforward_layernorm_1.weight";
  quantize_tensor(builder, builder.source().at(builder.layer_with(suffix) + suffix), {1});
}

void expert_zeroed(FaultBuilder& builder) {
  for (const char* part : kParts) {
    const TensorInfo& weight = builder.fp8_weight(builder.expert() + part);
    const auto zeroed = std::ceil(builder.size(1) * static_cast<double>(weight.rows()));
    builder.replace(weight.name, edited(builder, weight.name,
                                        [rows = static_cast<int64_t>(zeroed), width = weight.row_elements()](
                                            int64_t begin, int64_t end, std::span<std::byte> out) {
                                          const int64_t count = std::clamp<int64_t>(rows - begin, 0, end - begin);
                                          std::memset(out.data(), 0, static_cast<size_t>(count * width));
                                        }));
  }
}

// Rows of one projection of every expert, laid out as fused 3-D: expert by expert, `parts` after each other within it.
RowFunction fused_rows(const FaultBuilder& builder, std::vector<const TensorInfo*> parts) {
  return [originals = builder.originals(), parts = std::move(parts)](int64_t begin, int64_t end,
                                                                     std::span<std::byte> out) {
    const int64_t rows = parts.front()->rows();
    const auto width = static_cast<size_t>(parts.front()->row_elements());
    for (int64_t row = begin; row < end;) {
      const int64_t within = row % rows, stop = std::min(end, row - within + rows);
      originals->rows(
          *parts[static_cast<size_t>(row / rows)], within, within + stop - row,
          bf16_span(out).subspan(static_cast<size_t>(row - begin) * width, static_cast<size_t>(stop - row) * width));
      row = stop;
    }
  };
}

// Every layer, as the releases with that fault wrote it.
void experts_bf16_3d(FaultBuilder& builder) {
  const std::string marker = "experts.0.gate_proj.weight";
  builder.layer_with(builder.expert().find(".mlp.experts.") == std::string::npos
                         ? marker
                         : "mlp." + marker);  // throws without experts
  for (const TensorInfo& first : builder.source().tensors()) {
    if (!first.name.ends_with("." + marker)) continue;
    const std::string experts = first.name.substr(0, first.name.size() - marker.size() + std::strlen("experts."));
    std::vector<const TensorInfo*> gate_up, down;
    for (int64_t e = 0; builder.source().find(fmt::format("{}{}.{}", experts, e, kParts[0])) != nullptr; ++e) {
      for (size_t part = 0; part < kParts.size(); ++part) {
        const TensorInfo& weight = builder.fp8_weight(fmt::format("{}{}.{}", experts, e, kParts[part]));
        (part < 2 ? gate_up : down).push_back(&weight);
        builder.remove(weight.name);
        builder.remove(weight.name + "_scale");
      }
    }
    const auto count = static_cast<int64_t>(down.size());
    builder.add_after(
        "", {experts + "gate_up_proj", DType::kBF16, {count, 2 * first.shape[0], first.shape[1]}, first.shard},
        fused_rows(builder, gate_up));
    builder.add_after("",
                      {experts + "down_proj", DType::kBF16, {count, down[0]->shape[0], down[0]->shape[1]}, first.shard},
                      fused_rows(builder, down));
  }
}

void no_bf16_quotient(FaultBuilder& builder) {
  if (!builder.originals()->exact()) builder.missing("a BF16 original (this fault re-derives the codes)");
  for (const TensorInfo* weight : builder.fp8_weights()) {
    builder.replace(weight->name,
                    [originals = builder.originals(), weight](int64_t begin, int64_t end, std::span<std::byte> out) {
                      const auto width = static_cast<size_t>(weight->row_elements());
                      std::vector<uint16_t> rows(out.size());
                      originals->rows(*weight, begin, end, rows);
                      for (size_t at = 0; at < rows.size(); at += width)
                        quantize_row_fp8(std::span(rows).subspan(at, width), byte_span(out).subspan(at, width),
                                         QuotientRule::kDirectF32);
                    });
  }
}

struct Entry {
  std::string_view name;
  void (*inject)(FaultBuilder&);
};
constexpr std::array kInjectors = {
    Entry{"expert-scale-x1.03", expert_scale_103},
    Entry{"expert-scale-x2", expert_scale_2},
    Entry{"cold-expert-scale-x2", cold_expert_scale_2},
    Entry{"experts-swapped", experts_swapped},
    Entry{"gate-up-swapped", gate_up_swapped},
    Entry{"per-tensor-scales", per_tensor_scales},
    Entry{"scales-rotated", scales_rotated},
    Entry{"scale-off-by-one", scale_off_by_one},
    Entry{"code-flipped", code_flipped},
    Entry{"router-fp8", router_fp8},
    Entry{"norm-quantized", norm_quantized},
    Entry{"expert-zeroed", expert_zeroed},
    Entry{"experts-bf16-3d", experts_bf16_3d},
    Entry{"no-bf16-quotient", no_bf16_quotient},
};

}  // namespace

TensorSourcePtr faulty(TensorSourcePtr source, const std::string& fault, TensorSourcePtr bf16_source,
                       const FaultTarget& target) {
  const Fault* known = find_fault(fault);
  if (known == nullptr)
    throw InputError(fmt::format("fault '{}': unknown; fp8bench list faults names them all", fault));
  if (known->kind != FaultKind::kCheckpoint)
    throw InputError(fmt::format("fault {}: expected a checkpoint fault, this is an engine fault", fault));
  for (const Entry& entry : kInjectors) {
    if (entry.name != fault) continue;
    FaultBuilder builder(std::move(source), std::move(bf16_source), fault, target);
    entry.inject(builder);
    return builder.build();
  }
  throw InputError(fmt::format("fault {}: has no injector", fault));
}

TensorSourcePtr faulty(TensorSourcePtr source, const std::string& fault, TensorSourcePtr bf16_source) {
  return faulty(std::move(source), fault, std::move(bf16_source), FaultTarget{});
}

}  // namespace fp8bench
