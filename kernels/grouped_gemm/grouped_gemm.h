// The MoE GEMM: rows are sorted by expert; rows offsets[e]..offsets[e+1]-1 are multiplied with weights[e].
// Same canonical chain as gemm.h, so a row's bits do not depend on which other rows share its expert.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/gemm/gemm.h"

namespace fp8bench {

struct GroupedGemmArgs {
  const float* x = nullptr;               // (rows, k)
  std::span<const int64_t> offsets;       // experts + 1, ascending, last = rows
  std::span<const PackedMatrix> weights;  // one per expert, equal n and k
  const float* row_scales = nullptr;      // (rows) or null
  float* y = nullptr;                     // (rows, n)
};

void grouped_gemm(const GroupedGemmArgs& args);
void grouped_gemm_ref(const GroupedGemmArgs& args);

}  // namespace fp8bench
