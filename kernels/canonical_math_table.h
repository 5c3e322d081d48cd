// The canonical functions of one instruction set; canonical_math.cc picks the active one.
#pragma once
#include <cstdint>

#include "kernels/dispatch.h"

namespace fp8bench {

struct CanonicalMath {
  float (*exp_f32)(float);
  float (*tanh_f32)(float);
  double (*exp_f64)(double);
  double (*log_f64)(double);
  void (*sincos_f64)(double x, double* sine, double* cosine);
  void (*exp_f64_array)(const double* x, double* y, int64_t count);  // y may be x
};

FP8BENCH_ISA_TABLE(CanonicalMath, canonical_math)

}  // namespace fp8bench
