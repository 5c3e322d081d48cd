#pragma once
#include "kernels/dispatch.h"
#include "kernels/quantize/quantize.h"

namespace fp8bench {

struct QuantizeKernel {
  void (*rows)(const QuantizeArgs&, int64_t begin, int64_t end);
  void (*round_bf16)(float* x, int64_t count);
  void (*round_e4m3)(float* x, int64_t count);
};

FP8BENCH_ISA_TABLE(QuantizeKernel, quantize_kernel)

}  // namespace fp8bench
