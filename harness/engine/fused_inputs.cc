// Inputs of linears that an op makes and quantizes in one pass. Same bits as the op and Ops::input: only memory traffic
// and one hand-over to the threads less. What has to see the rows in between (a perturbation, a linear that takes them
// unquantized) gets them the long way.
#include "harness/engine/ops.h"
#include "kernels/gelu_mul/gelu_mul_quantize.h"
#include "kernels/rmsnorm/rmsnorm_quantize.h"
#include "kernels/silu_mul/silu_mul_quantize.h"

namespace fp8bench {

bool Ops::takes_only_codes(std::initializer_list<const PackedMatrix*> linears) const {
  if (rows_.keys != nullptr) return false;
  for (const PackedMatrix* weight : linears)
    if (weight->n > 0 && !takes_codes(*weight)) return false;
  return true;
}

RowCodes Ops::row_codes(const Rows& made) const {
  return {.bf16 = options_.policy != Policy::kF32,
          .static_scale = static_activation_scale(),
          .rounding = activation_rounding(),
          .codes = made.data,
          .scales = workspace_.floats(made.rows)};
}

LinearInput Ops::only_codes(const Rows& made, const RowCodes& codes) {
  return {.plain = {nullptr, made.rows, made.width}, .codes = made, .scales = codes.scales};
}

LinearInput Ops::norm_input(const Rows& x, const std::vector<float>& weight, Site site,
                            std::initializer_list<const PackedMatrix*> linears) const {
  if (!takes_only_codes(linears)) return input(norm(x, weight), site, linears);
  const Rows made = rows(x.rows, x.width);
  const RowCodes codes = row_codes(made);
  rmsnorm_quantize({.x = x.data,
                    .rows = x.rows,
                    .width = x.width,
                    .weight = weight.data(),
                    .eps = config_.rms_eps,
                    .one_plus_weight = has_fault(EngineFault::kNormOnePlusWeight),
                    .y = made.data},
                   codes);
  return only_codes(made, codes);
}

LinearInput Ops::gated_input(const Rows& gate_up, Site site, const PackedMatrix& weight) const {
  if (!takes_only_codes({&weight})) return input(gated(gate_up), site, {&weight});
  const int64_t width = gate_up.width / 2;
  const Rows made = rows(gate_up.rows, width);
  const RowCodes codes = row_codes(made);
  const float *gate = gate_up.data, *up = gate_up.data + width;
  const int64_t count = gate_up.rows, stride = gate_up.width;
  if (config_.activation == Activation::kSilu)
    silu_mul_quantize({.gate = gate, .up = up, .rows = count, .width = width, .stride = stride, .y = made.data}, codes);
  else
    gelu_mul_quantize({.gate = gate, .up = up, .rows = count, .width = width, .stride = stride, .y = made.data}, codes);
  return only_codes(made, codes);
}

}  // namespace fp8bench
