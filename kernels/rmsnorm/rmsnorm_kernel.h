#pragma once
#include "kernels/dispatch.h"
#include "kernels/rmsnorm/rmsnorm.h"

namespace fp8bench {

struct RmsNormKernel {
  void (*rows)(const RmsNormArgs&, int64_t begin, int64_t end);
};

FP8BENCH_ISA_TABLE(RmsNormKernel, rmsnorm_kernel)

}  // namespace fp8bench
