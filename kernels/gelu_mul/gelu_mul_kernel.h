#pragma once
#include "kernels/dispatch.h"
#include "kernels/gelu_mul/gelu_mul.h"

namespace fp8bench {

struct GeluMulKernel {
  void (*rows)(const GeluMulArgs&, int64_t begin, int64_t end);
  void (*softcap)(float* x, int64_t count, float cap);
  float (*gelu)(float z);
};

FP8BENCH_ISA_TABLE(GeluMulKernel, gelu_mul_kernel)

}  // namespace fp8bench
