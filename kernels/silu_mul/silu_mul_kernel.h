#pragma once
#include "kernels/dispatch.h"
#include "kernels/silu_mul/silu_mul.h"

namespace fp8bench {

struct SiluMulKernel {
  void (*rows)(const SiluMulArgs&, int64_t begin, int64_t end);
  float (*silu)(float z);
};

FP8BENCH_ISA_TABLE(SiluMulKernel, silu_mul_kernel)

}  // namespace fp8bench
