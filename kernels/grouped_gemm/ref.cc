#include "kernels/grouped_gemm/grouped_gemm.h"

namespace fp8bench {

void grouped_gemm_ref(const GroupedGemmArgs& args) {
  for (size_t expert = 0; expert < args.weights.size(); ++expert) {
    const PackedMatrix& w = args.weights[expert];
    const int64_t first = args.offsets[expert];
    GemmArgs one;
    one.x = args.x + first * w.k;
    one.m = args.offsets[expert + 1] - first;
    one.w = &w;
    one.row_scales = args.row_scales == nullptr ? nullptr : args.row_scales + first;
    one.y = args.y + first * w.n;
    gemm_ref(one);
  }
}

}  // namespace fp8bench
